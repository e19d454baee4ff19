import type { Fetch } from '../sequence/fetch.ts';
import { createDemoAliases } from './customers.ts';
import { createSequenceApi } from './sequence-api.ts';

const respond = createSequenceApi(createDemoAliases(), (value, wanted) =>
  value.toLowerCase().includes(wanted.toLowerCase()),
);

export const demoFetch: Fetch = async (url, { headers }) => respond(new Request(url, { headers }));
