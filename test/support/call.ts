import { type ApiConfig, loadConfig, redactorOf } from '../../src/config.ts';
import type { Log } from '../../src/log.ts';
import { nodeFetch } from '../../src/platform/node-fetch.ts';
import { type ClientOptions, createSequenceClient, type SequenceClient } from '../../src/sequence/client.ts';
import { createProcessLimiter } from '../../src/sequence/process-limiter.ts';
import { connectInMemory, type TestClient } from './clients.ts';

/** Configuration for a fake upstream, by way of the real loader. */
export function configFor(url: string, variables: Record<string, string> = {}): ApiConfig {
  const { api } = loadConfig({
    SEQUENCE_CLIENT_ID: 'key',
    SEQUENCE_CLIENT_SECRET: 'secret',
    SEQUENCE_API_URL: url,
    ...variables,
  });
  if (api.kind === 'misconfigured') throw new Error(api.problems.join(' '));
  return api;
}

export const silent: Log = () => {};

/** The client as a Node process has it, but for what is given. */
export function clientFor(
  url: string,
  { variables = {}, ...options }: Partial<ClientOptions> & { variables?: Record<string, string> } = {},
): SequenceClient {
  const api = configFor(url, variables);
  const limiter = createProcessLimiter(api.requestsPerMinute);
  return createSequenceClient(api, { fetch: nodeFetch, limiter, userAgent: 'test', log: silent, ...options });
}

/** A client of all tools, in this process, over HTTP to a fake upstream. */
export function connectTo(
  url: string,
  { timeoutMs = 45_000, ...options }: Partial<ClientOptions> & { timeoutMs?: number } = {},
): Promise<TestClient> {
  const client = clientFor(url, options);
  return connectInMemory({
    getClient: async () => client,
    timeoutMs,
    log: options.log ?? silent,
    redact: redactorOf(configFor(url)),
  });
}
