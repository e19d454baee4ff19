import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { bunProgram, denoProgram, node, type Program } from '../support/programs.ts';
import { balancers, missing, startBalancer } from './balancer.ts';
import { Load } from './load.ts';
import { startReplicas, TOKEN } from './replica.ts';
import { startFleetSequence } from './sequence.ts';

const lacking = missing();
if (lacking.length > 0) {
  throw new Error(`This test needs ${lacking.join(' and ')}: on Debian, apt-get install nginx-light haproxy.`);
}

const FLEETS: Record<string, readonly Program[]> = {
  'Node, Bun and Deno': [node, bunProgram, denoProgram],
  'three of Node': [node, node, node],
};

/** Most responses are fast; each twentieth takes longer than a replica accepts calls after SIGTERM. */
const delayOf = (count: number) => (count % 20 === 0 ? 3_000 : 20);

describe.each(balancers)('behind %s', (balancerName) => {
  it.each(Object.entries(FLEETS))(
    'a fleet of %s restarts without losing a call',
    { timeout: 120_000 },
    async (_, programs) => {
      await using sequence = await startFleetSequence(delayOf);
      await using fleet = await startReplicas(programs, sequence);
      const ports = fleet.replicas.map(({ port }) => port);
      await using balancer = await startBalancer(balancerName, ports);
      await using load = new Load({
        url: balancer.url,
        token: TOKEN,
        clients: 3,
        pauseMs: 30,
        callsOfClient: () => 20,
      });

      await load.more(100);
      for (const { name, restart } of fleet.replicas) {
        const before = sequence.asked.length;
        await restart();
        // The next one restarts once this one serves again.
        while (!sequence.asked.slice(before).some(({ replica }) => replica === name)) await sleep(20);
        await load.more(50);
      }
      expect(load.bad).toEqual([]);

      const [{ name, kill } = expect.fail()] = fleet.replicas;
      const isBusy = () => [...sequence.inFlight].some(({ replica }) => replica === name);
      while (!isBusy()) await sleep(5);
      await kill();
      const begun = load.begun;
      await load.more(100);
      await load.stop();
      expect(load.bad.filter(({ ending, number }) => ending !== 'lost' || number >= begun)).toEqual([]);
      const lost = load.bad.map(({ value }) => value).filter(Boolean);
      expect(lost.length).toBeGreaterThan(0);
      const askedElsewhere = sequence.asked.filter(
        ({ value, replica }) => replica !== name && lost.includes(value ?? ''),
      );
      expect(askedElsewhere).toEqual([]);
    },
  );
});
