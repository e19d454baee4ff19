import type { Config } from './config.ts';
import { CallError } from './errors.ts';
import type { Log } from './log.ts';
import { type Caller, createSequence, type Platform } from './sequence/client.ts';
import { createServer } from './server.ts';
import { TOOLS } from './tools/index.ts';

export type App = ReturnType<typeof createApp>;

/** The caller's name on stdio. */
const LOCAL: Caller = { name: 'local' };

/** Wires a configuration, a platform and a log into what every transport serves. */
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
    /** Creates a caller's server, not yet connected. `onCall` gets each tool call's outcome. */
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
