import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { startHttp } from '../test/support/http-server.ts';
import { node } from '../test/support/programs.ts';
import type { Part } from './report.ts';
import { listPageOverHttp, serverEnv } from './session.ts';
import { startSequence } from './upstream.ts';

/** All that Sequence lets one key ask for. */
const PER_SECOND = 25;
const SECONDS = 60;
const WARM_UP_CALLS = 500;
const CALLS = 10_000;
/** How fast the calls are made of which only memory is measured. At 25 a second they would take 400 s. */
const FAST_PER_SECOND = 200;
/** The kernel's unit of processor time. */
const TICKS_PER_SECOND = 100;

/** One replica that carries all the traffic of a key, with its log on. Only Linux tells what it takes. */
export const replica = {
  figures: {
    core: { name: 'processor time at 25 calls a second, % of a core', atMost: 12, digits: 1 },
    memory: { name: 'peak memory after 10,000 calls, MiB', atMost: 128, digits: 1 },
    growth: { name: 'peak memory after 20,000 calls ÷ 10,000', atMost: 1.05 },
  },
  rounds: 1,
  async measure() {
    await using upstream = await startSequence(100);
    await using endpoint = await startHttp(node, { env: serverEnv(upstream.url) });
    const makeCalls = (count: number, perSecond: number) => callAtRate(endpoint.url, count, perSecond);
    await makeCalls(WARM_UP_CALLS, PER_SECOND * 2);

    const before = processorSeconds(endpoint.pid);
    await makeCalls(PER_SECOND * SECONDS, PER_SECOND);
    const core = (100 * (processorSeconds(endpoint.pid) - before)) / SECONDS;

    upstream.ms = 10;
    await makeCalls(CALLS - WARM_UP_CALLS - PER_SECOND * SECONDS, FAST_PER_SECOND);
    const memory = peakMemory(endpoint.pid);
    await makeCalls(CALLS, FAST_PER_SECOND);
    return { core, memory, growth: peakMemory(endpoint.pid) / memory };
  },
} satisfies Part;

/** Starts calls at even times, whether or not earlier ones are answered. */
async function callAtRate(url: string, count: number, perSecond: number): Promise<void> {
  const begun = performance.now();
  const calls: Promise<void>[] = [];
  while (calls.length < count) {
    await setTimeout(begun + (calls.length * 1_000) / perSecond - performance.now());
    calls.push(listPageOverHttp(url));
  }
  await Promise.all(calls);
}

function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '');
  const [user, system] = stat.split(' ').slice(11, 13).map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) / TICKS_PER_SECOND;
}

/** The most memory that a process has had, in MiB. */
function peakMemory(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}
