import type { Config } from './config.ts';
import { CallError } from './errors.ts';
import type { Log } from './log.ts';
import { type Caller, createSequence, type Platform } from './sequence/client.ts';
import { createServer } from './server.ts';
import { TOOLS } from './tools/index.ts';

export type App = ReturnType<typeof createApp>;

/** Who calls over stdio. */
const LOCAL: Caller = { name: 'local' };

/** The only wiring: what any transport serves, from a configuration, a platform and a log. */
export function createApp(config: Config, platform: Platform, log: Log) {
  const { api, demo, timeoutMs, redact } = config;
  const clientOf =
    api.kind === 'configured'
      ? createSequence(api, platform, log)
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
