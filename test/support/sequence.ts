import { createDemoAliases } from '../../src/demo/customers.ts';
import { startSequence } from './upstream.ts';

/** The demo account on a loopback port, and the received credentials, `id:secret`. */
export async function serveSequence() {
  const upstream = await startSequence({ aliases: createDemoAliases() });
  return {
    host: new URL(upstream.url).host,
    credentials: () => upstream.received.map(({ headers }) => atob(headers.authorization?.replace('Basic ', '') ?? '')),
    [Symbol.asyncDispose]: upstream[Symbol.asyncDispose],
  };
}
