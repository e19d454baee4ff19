import type { Fetch } from '../sequence/transport.ts';
import { createDemoAliases } from './customers.ts';
import { createSequenceApi } from './sequence-api.ts';

const answer = createSequenceApi({ aliases: createDemoAliases(), filter: 'substring' });

/** Stands in for `fetch`: the demo account, without a network. */
export const demoFetch: Fetch = async (url, { headers }) => answer(new Request(url, { headers }));
