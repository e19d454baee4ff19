import type { ApiConfig } from '../../src/config.ts';
import { loadConfig } from '../../src/config.ts';
import type { Log } from '../../src/log.ts';
import { type ClientOptions, createSequenceClient } from '../../src/sequence/client.ts';
import { connectInMemory, type TestClient } from './clients.ts';

/** Configuration for a fake upstream, by way of the real loader. */
export function configFor(url: string, variables: Record<string, string> = {}): ApiConfig {
  const { api } = loadConfig({
    SEQUENCE_CLIENT_ID: 'key',
    SEQUENCE_CLIENT_SECRET: 'secret',
    SEQUENCE_API_URL: url,
    ...variables,
  });
  if ('problems' in api) throw new Error(api.problems.join(' '));
  return api;
}

export const silent: Log = () => {};

/** A client of both tools, in this process, over HTTP to a fake upstream. */
export function connectTo(
  url: string,
  { timeoutMs = 45_000, ...options }: Partial<ClientOptions> & { timeoutMs?: number } = {},
): Promise<TestClient> {
  const log = options.log ?? silent;
  const client = createSequenceClient(configFor(url), { userAgent: 'test', log, ...options });
  return connectInMemory({ client, timeoutMs, log });
}
