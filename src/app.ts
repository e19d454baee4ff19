import { name, version } from './about.ts';
import type { Config } from './config.ts';
import { CallError } from './errors.ts';
import type { Log } from './log.ts';
import { type Caller, createSequence } from './sequence/client.ts';
import type { Fetch } from './sequence/fetch.ts';
import type { InFlightLimit } from './sequence/in-flight.ts';
import { createServer } from './server.ts';
import { TOOLS } from './tools/index.ts';

/** Where the program runs. The app, the tools and the client know no more of it. */
export interface Platform {
  /** Name and version of the runtime, such as `node 20.20.2`. */
  readonly runtime: string;
  readonly fetch: Fetch;
  /** Absent on Workers, where no promise may cross requests. */
  readonly inFlight?: InFlightLimit;
}

export type App = ReturnType<typeof createApp>;

/** Who calls over stdio. */
const LOCAL: Caller = { name: 'local' };

/** The only wiring: what any transport serves, from a configuration, a platform and a log. */
export function createApp(config: Config, platform: Platform, log: Log, demo = false) {
  const { api, timeoutMs, redact } = config;
  const userAgent = `${name}/${version} (${platform.runtime})`;
  const clientOf =
    api.kind === 'configured'
      ? createSequence(api, { ...platform, userAgent, log })
      : () => {
          throw notConfigured(api.problems);
        };
  return {
    toolNames: TOOLS.map((tool) => tool.name),
    /** Creates a client. Throws a `configuration` error if there is no usable key. */
    createClient: () => clientOf(LOCAL),
    /** Creates a caller's server, not yet connected. `onCall` is told how each tool call ended. */
    createServer(caller = LOCAL, onCall: (outcome: string) => void = () => {}) {
      const createClient = () => clientOf(caller);
      return createServer({ createClient, timeoutMs, log, redact, onCall }, demo);
    },
  };
}

function notConfigured(problems: readonly string[]): CallError {
  return new CallError(
    'configuration',
    `This server is not configured: ${problems.join(' ')}`,
    'Ask the person to correct these environment variables in the settings of the MCP host, then to restart it.',
  );
}
