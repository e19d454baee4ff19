import { setTimeout } from 'node:timers/promises';
import { createDemoAliases } from '../src/demo/customers.ts';
import { createSequenceApi } from '../src/demo/sequence-api.ts';
import { answerOf, listen, send } from '../test/support/upstream.ts';
import { HEADERS } from './session.ts';

const PATH = '/customer-aliases?limit=25';

/** A fake Sequence that answers any request with the same page of 25 after `ms` milliseconds. */
export async function startSequence(ms: number) {
  const api = createSequenceApi(createDemoAliases());
  const page = await answerOf(api, { url: PATH, headers: HEADERS });
  return listen(async (_, response) => {
    await setTimeout(ms);
    send(response, page);
  });
}

/** The request of a tool call, without the server. */
export async function fetchPage(url: string): Promise<unknown> {
  return (await fetch(url + PATH, { headers: HEADERS })).json();
}
