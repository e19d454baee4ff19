import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDemoAliases } from '../../src/demo/customers.ts';
import { createSequenceApi } from '../../src/demo/sequence-api.ts';
import { answerOf, listen, send } from '../support/upstream.ts';

export const aliases = createDemoAliases();

export interface Asked {
  /** The replica's name: the first segment of the path. */
  readonly replica: string;
  readonly value: string | null;
}

export interface FleetSequence extends AsyncDisposable {
  /** SEQUENCE_API_URL for the replica of this name. */
  readonly urlFor: (replica: string) => string;
  /** All received requests, and the pending ones. */
  readonly asked: readonly Asked[];
  readonly inFlight: ReadonlySet<Asked>;
}

/** Answers a request instead of the account, or returns false. */
export type Interference = (response: ServerResponse, count: number) => boolean;

/** The in-memory account behind a port. `delayOf` returns the milliseconds of a request by its number. */
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
