import type { McpServer } from '@modelcontextprotocol/server';
import { name, version } from './about.ts';
import { type ApiConfig, type Config, redactorOf } from './config.ts';
import { CallError } from './errors.ts';
import type { Log } from './log.ts';
import type { ClientOptions, SequenceClient } from './sequence/client.ts';
import type { Limiter } from './sequence/limiter.ts';
import type { Fetch } from './sequence/transport.ts';
import { createServer } from './server.ts';
import type { CallRecord } from './tools/define-tool.ts';
import { TOOLS } from './tools/index.ts';

export type { CallRecord };

/** What a call needs of the program and its runtime. */
export interface ClientParts {
  readonly createSequenceClient: (api: ApiConfig, options: ClientOptions) => SequenceClient;
  readonly createLimiter: (requestsPerMinute: number) => Limiter;
  readonly fetch: Fetch;
}

/** Where the program runs. Nothing else in the app, the tools or the client knows that. */
export interface Platform {
  /** Name and version of the runtime, such as `node 20.20.2`. */
  readonly runtime: string;
  /** Brings the parts, at the first call and not at the start: on Node they take a sixth of the time to the first `tools/list`. */
  readonly load: () => ClientParts | Promise<ClientParts>;
}

export interface App {
  readonly toolNames: readonly string[];
  /** A server with all tools, not yet connected. `onCall` hears how each call of a tool ended. */
  readonly createServer: (onCall?: (record: CallRecord) => void) => McpServer;
  /** The one client of Sequence. Rejects with a `configuration` error where there is no usable key. */
  readonly getClient: () => Promise<SequenceClient>;
}

/** The only wiring: what is served over any transport, from a configuration, a platform and a log. */
export function createApp({ api, timeoutMs }: Config, platform: Platform, log: Log, demo = false): App {
  let client: SequenceClient | undefined;
  const getClient = async (): Promise<SequenceClient> => {
    if (client) return client;
    if (api.kind === 'misconfigured') throw notConfigured(api.problems);
    // A load that failed is tried again by the next call. One that is under way is not shared: a Worker must not await
    // what another request began.
    const { createSequenceClient, createLimiter, fetch } = await platform.load();
    client ??= createSequenceClient(api, {
      fetch,
      limiter: createLimiter(api.requestsPerMinute),
      userAgent: `${name}/${version} (${platform.runtime})`,
      log,
    });
    return client;
  };
  const redact = redactorOf(api);
  return {
    toolNames: TOOLS.map(({ name }) => name),
    createServer: (onCall) => createServer({ getClient, timeoutMs, log, redact, demo, ...(onCall && { onCall }) }),
    getClient,
  };
}

function notConfigured(problems: readonly string[]): CallError {
  return new CallError(
    'configuration',
    `This server is not configured: ${problems.join(' ')}`,
    'Ask the person to correct these environment variables in the settings of the MCP host, then to restart it.',
  );
}
