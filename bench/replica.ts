import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { startHttp } from '../test/support/http-server.ts';
import { node } from '../test/support/programs.ts';
import type { Part } from './report.ts';
import { listPageOverHttp, serverEnv } from './session.ts';
import { median } from './statistics.ts';
import { startSequence } from './upstream.ts';

/** Sequence's rate limit of one key. */
const PER_SECOND = 25;
/** Makes 10,000 calls in real time: at a higher rate V8 collects garbage later and uses a third more memory. */
const SECONDS = 400;
/** The kernel's unit of CPU time. */
const TICKS_PER_SECOND = 100;

/** One replica with all the traffic of a key and its log enabled. Measures on Linux only. */
export const replica = {
  figures: {
    core: { name: 'processor time, % of a core', atMost: 12, digits: 1 },
    memory: { name: 'memory after 10,000 calls, MiB', atMost: 128, digits: 1 },
    growth: { name: 'memory after 10,000 calls ÷ 5,000', atMost: 1.15 },
    peak: { name: '  peak memory, MiB', digits: 1 },
  },
  rounds: 1,
  async measure() {
    await using upstream = await startSequence(100);
    await using endpoint = await startHttp(node, { env: serverEnv(upstream.url) });
    const idle = processorSeconds(endpoint.pid);
    const calls: Promise<void>[] = [];
    const memory: number[] = [];
    const begun = performance.now();
    // Calls start at even intervals, even if earlier ones are pending.
    while (calls.length < SECONDS * PER_SECOND) {
      await setTimeout(begun + (calls.length * 1_000) / PER_SECOND - performance.now());
      calls.push(listPageOverHttp(endpoint.url));
      memory.push(memoryOf(endpoint.pid, 'VmRSS'));
    }
    await Promise.all(calls);
    // The median of 1,000 calls, since garbage collection makes it vary.
    const [half, end] = [memory.slice(4_500, 5_500), memory.slice(-1_000)].map(median);
    return {
      core: (100 * (processorSeconds(endpoint.pid) - idle)) / SECONDS,
      memory: end ?? Number.NaN,
      growth: (end ?? Number.NaN) / (half ?? Number.NaN),
      peak: memoryOf(endpoint.pid, 'VmHWM'),
    };
  },
} satisfies Part;

function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '');
  const [user, system] = stat.split(' ').slice(11, 13).map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) / TICKS_PER_SECOND;
}

/** A process's current or peak memory in MiB. */
function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}
