import { expect, it } from 'vitest';
import { node } from '../support/programs.ts';
import { startBalancer } from './balancer.ts';
import { type Ended, Load } from './load.ts';
import { startReplicas, TOKEN } from './replica.ts';
import { startFleetSequence } from './sequence.ts';

const WINDOW_MS = 2_000;
const PER_WINDOW = 20;

it('past a shared limit each call succeeds or gets a wait', { timeout: 120_000 }, async () => {
  const passed: number[] = [];
  await using sequence = await startFleetSequence(
    () => 20,
    (response) => {
      const now = performance.now();
      while ((passed[0] ?? now) <= now - WINDOW_MS) passed.shift();
      if (passed.length >= PER_WINDOW) {
        response.writeHead(429, { 'retry-after': '2' }).end();
        return true;
      }
      passed.push(now);
      return false;
    },
  );
  await using fleet = await startReplicas([node, node, node], sequence, { SEQUENCE_TIMEOUT_MS: '5000' });
  await using balancer = await startBalancer(
    'haproxy',
    fleet.replicas.map(({ port }) => port),
  );
  const ends: Ended[] = [];
  await using load = new Load({
    url: balancer.url,
    token: TOKEN,
    clients: 10,
    pauseMs: 20,
    callsOfClient: () => 20,
    onEnd: (ended) => ends.push(ended),
  });
  await load.more(250);
  await load.stop();
  expect(ends.filter(({ ending }) => ending === 'right').length).toBeGreaterThan(50);
  expect(load.bad.length).toBeGreaterThan(0);
  expect(load.bad.filter(({ ending, detail }) => ending !== 'error' || !detail.startsWith('rate_limited: '))).toEqual(
    [],
  );
  // Refused replicas delay their other calls.
  expect(sequence.asked.length).toBeLessThan(1.5 * ends.length);
});
