// npm run soak -- [minutes, default 60]
// Three replicas behind HAProxy, 20 calls a second, with faults, and clients that connect, leave and disconnect. Reports
// failures, and each replica's memory and open files at the beginning and at the end.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFiles, residentKb } from '../support/proc.ts';
import { bunProgram, denoProgram, node } from '../support/programs.ts';
import { startBalancer } from './balancer.ts';
import { Load } from './load.ts';
import { startReplicas, TOKEN } from './replica.ts';
import { startFleetSequence } from './sequence.ts';

const CALLS_PER_SECOND = 20;
const CLIENTS_OF_KIND = 4;
const KINDS = 3;
const minutes = Number(process.argv[2] ?? 60);

/** Faults in each thousand requests: an outage of 20, and single faults. */
function interfere(response: ServerResponse, count: number): boolean {
  const place = count % 1_000;
  if (place < 20) return answer(response, 503);
  if (place % 31 === 0) return answer(response, 500);
  if (place % 47 === 0) return answer(response, 429, { 'retry-after': '1' });
  if (place % 101 === 0) return answer(response, 200, { 'content-type': 'text/html' }, '<html>');
  if (place % 103 === 0) return answer(response, 401);
  if (place % 107 === 0) return cut(response);
  if (place % 109 === 0) {
    response.writeHead(200, { 'content-length': 1_000 }).write('{"items":[');
    return cut(response);
  }
  return false;
}

function cut(response: ServerResponse): true {
  setTimeout(() => response.destroy(), 20);
  return true;
}

function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}, body = ''): true {
  response.writeHead(status, headers).end(body);
  return true;
}

/** Each 500th request exceeds the timeout of a try. */
const delayOf = (count: number) => (count % 500 === 250 ? 12_000 : 20);

const counts = new Map<string, number>();
const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);

await using sequence = await startFleetSequence(delayOf, interfere);
await using fleet = await startReplicas([node, bunProgram, denoProgram], sequence);
await using balancer = await startBalancer(
  'haproxy',
  fleet.replicas.map(({ port }) => port),
);
await using load = new Load({
  url: balancer.url,
  token: TOKEN,
  clients: CLIENTS_OF_KIND,
  pauseMs: (CLIENTS_OF_KIND * KINDS * 1_000) / CALLS_PER_SECOND,
  callsOfClient: (number) => 1 + (number % 40),
  hangsUp: (number) => number % 50 === 0,
  onEnd: ({ ending, detail }) => count(ending === 'error' ? (detail.split(':')[0] ?? '') : ending),
});

/** Resident memory in MB and open files of each replica. */
const sample = () =>
  fleet.replicas.map(({ server }) => {
    const { pid } = server();
    return `${Math.round(residentKb(pid) / 1_000)} MB ${openFiles(pid)} files`;
  });
const report = (minute: number) => {
  const endings = [...counts].map(([name, number]) => `${name} ${number}`).join(', ');
  process.stdout.write(`minute ${minute}: ${sample().join(' | ')} | ${load.calls} calls: ${endings}\n`);
};

process.stdout.write('Node | Bun | Deno\n');
for (let minute = 0; minute < minutes; minute++) {
  report(minute);
  await sleep(60_000);
}
await load.stop();
report(minutes);
for (const { ending, detail } of load.bad) {
  if (ending === 'wrong' || ending === 'lost') process.stdout.write(`${ending}: ${detail}\n`);
}
