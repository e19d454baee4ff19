import { type ApiConfig, loadConfig } from '../../src/config.ts';
import type { Log } from '../../src/log.ts';
import { createSequence, type Platform, type SequenceClient } from '../../src/sequence/client.ts';
import { createInFlightLimit } from '../../src/sequence/in-flight.ts';
import { connectInMemory, type TestClient } from './clients.ts';

/** Configuration for a fake upstream, from the real loader. */
export function configFor(url: string, variables: Record<string, string> = {}): ApiConfig {
  const { api } = load(url, variables);
  if (api.kind === 'misconfigured') throw new Error(api.problems.join(' '));
  return api;
}

const load = (url: string, variables: Record<string, string> = {}) =>
  loadConfig({
    SEQUENCE_CLIENT_ID: 'key',
    SEQUENCE_CLIENT_SECRET: 'secret',
    SEQUENCE_API_URL: url,
    ...variables,
  });

export const silent: Log = () => {};

interface Options extends Partial<Platform> {
  readonly log?: Log;
  readonly variables?: Record<string, string>;
}

/** The client of a process, except for the given options. */
export function clientFor(url: string, { variables = {}, log = silent, ...platform }: Options = {}): SequenceClient {
  const parts = { runtime: 'test', fetch, inFlight: createInFlightLimit(), ...platform };
  return createSequence(configFor(url, variables), parts, log)({ name: 'test' });
}

/** A client of all tools in this process. They use HTTP to a fake upstream. */
export function connectTo(
  url: string,
  { timeoutMs = 45_000, ...options }: Options & { readonly timeoutMs?: number } = {},
): Promise<TestClient> {
  const client = clientFor(url, options);
  return connectInMemory({
    createClient: () => client,
    timeoutMs,
    log: options.log ?? silent,
    redact: load(url).redact,
  });
}
