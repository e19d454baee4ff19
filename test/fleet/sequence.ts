import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDemoAliases } from '../../src/demo/customers.ts';
import { createSequenceApi } from '../../src/demo/sequence-api.ts';
import { answerOf, listen, send } from '../support/upstream.ts';

export const aliases = createDemoAliases();

export interface Asked {
  /** Of which replica: the first part of the path it was given. */
  readonly replica: string;
  readonly value: string | null;
}

export interface FleetSequence extends AsyncDisposable {
  /** What a replica of this name is given as SEQUENCE_API_URL. */
  readonly urlFor: (replica: string) => string;
  /** Every request that came, and those of them that wait for an answer. */
  readonly asked: readonly Asked[];
  readonly inFlight: ReadonlySet<Asked>;
}

/** Answers a request in place of the account, or leaves it to that. */
export type Interference = (response: ServerResponse, count: number) => boolean;

/** The in-memory account behind a port. `delayOf` gives the milliseconds that the request with a number takes. */
export async function startFleetSequence(
  delayOf: (count: number) => number,
  interfere: Interference = () => false,
): Promise<FleetSequence> {
  const api = createSequenceApi(aliases);
  const asked: Asked[] = [];
  const inFlight = new Set<Asked>();
  let count = 0;
  const server = await listen(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://sequence');
    const one: Asked = { replica: url.pathname.split('/')[1] ?? '', value: url.searchParams.get('value') };
    const number = count++;
    asked.push(one);
    inFlight.add(one);
    response.on('close', () => inFlight.delete(one));
    await sleep(delayOf(number));
    if (!interfere(response, number)) send(response, await answerOf(api, request));
  });
  return { ...server, urlFor: (replica) => `${server.url}/${replica}`, asked, inFlight };
}
