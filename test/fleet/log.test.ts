// The jq lines of docs/HOSTING.md, on the real log of a replica.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { at, node } from '../support/programs.ts';
import { Load } from './load.ts';
import { startReplicas, TOKEN } from './replica.ts';
import { startFleetSequence } from './sequence.ts';

if (spawnSync('jq', ['--version']).error) throw new Error('This test needs jq: on Debian, apt-get install jq.');

const lines = [...readFileSync(at('docs/HOSTING.md'), 'utf8').matchAll(/^jq .*$/gm)].map(([line]) => line);
const run = (line: string, log: string) =>
  execFileSync('/bin/sh', ['-c', line.replace(' endpoint.log', '')], { input: log, encoding: 'utf8' }).trim();

it('the log has callers, failures and durations', { timeout: 60_000 }, async () => {
  await using sequence = await startFleetSequence(
    () => 5,
    (response, count) => {
      if (count % 10 === 5) response.writeHead(401).end();
      return count % 10 === 5;
    },
  );
  await using fleet = await startReplicas([node], sequence);
  const [replica = expect.fail()] = fleet.replicas;
  await using load = new Load({
    url: replica.server().url,
    token: TOKEN,
    clients: 2,
    pauseMs: 1,
    callsOfClient: () => 10,
  });
  await load.more(100);
  await load.stop();
  await replica.end();
  const log = replica.server().stderr();
  const [byCaller = '', byKind = '', p95 = ''] = lines;
  expect(lines).toHaveLength(3);
  expect(run(byCaller, log)).toBe(`${load.calls} fleet`);
  expect(run(byKind, log)).toBe(`${load.bad.length} authentication`);
  const times = replica
    .server()
    .log()
    .flatMap(({ tool, ms }) => (tool ? [Number(ms)] : []));
  expect(Number(run(p95, log))).toBe(times.sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1]);
});
