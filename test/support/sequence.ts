import { createDemoAliases } from '../../src/demo/customers.ts';
import { startSequence } from './upstream.ts';

/** The demo's account behind a port on loopback, and the credentials it was asked with, `id:secret`. */
export async function serveSequence() {
  const upstream = await startSequence({ aliases: createDemoAliases() });
  return {
    host: new URL(upstream.url).host,
    credentials: () => upstream.received.map(({ headers }) => atob(headers.authorization?.replace('Basic ', '') ?? '')),
    [Symbol.asyncDispose]: upstream[Symbol.asyncDispose],
  };
}
