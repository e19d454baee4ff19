#!/usr/bin/env node
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { describeRuntime, name, version } from './about.ts';
import { check } from './check.ts';
import { type Config, loadConfig } from './config.ts';
import { SequenceError } from './errors.ts';
import { HELP } from './help.ts';
import { createLog, type Log } from './log.ts';
import type { SequenceClient } from './sequence/client.ts';
import { createServer } from './server.ts';

/** How long the last bytes may take to reach a reader before the process ends without them. */
const FLUSH_MS = 100;

function main(): void {
  const flags = parseFlags();
  if (!flags) leave(2);
  else if (flags.help) print(HELP);
  else if (flags.version) print(`${version}\n`);
  else start(flags);
}

/** The flags given; nothing where one is not known. Four switches do not pay for loading a parser at every start. */
function parseFlags(): Record<'help' | 'version' | 'check' | 'demo', boolean> | undefined {
  const flags = { help: false, version: false, check: false, demo: false };
  for (const argument of process.argv.slice(2)) {
    const flag = { '-h': 'help', '-v': 'version' }[argument] ?? argument.replace(/^--/, '');
    if (!(argument.startsWith('-') && Object.hasOwn(flags, flag))) {
      process.stderr.write(`Unknown argument. ${HELP}`);
      return undefined;
    }
    flags[flag as keyof typeof flags] = true;
  }
  return flags;
}

function start(flags: { check: boolean; demo: boolean }): void {
  const config = flags.demo ? demoConfig() : loadConfig();
  const log = createLog(config.logLevel, (line) => process.stderr.write(line));
  const client = createClient(config, log, flags.demo);
  if (flags.check) check(config, client).then(({ report, works }) => print(report, works ? 0 : 1));
  else serve(config, client, log, flags.demo);
}

/** The demo needs no credentials, yet runs through the same client; the host name cannot exist (RFC 2606). */
function demoConfig(): Config {
  return loadConfig({
    SEQUENCE_CLIENT_ID: 'demo',
    SEQUENCE_CLIENT_SECRET: 'demo',
    SEQUENCE_API_URL: 'https://demo.invalid/api',
  });
}

function createClient({ api }: Config, log: Log, demo: boolean): SequenceClient {
  if ('problems' in api) {
    const error = new SequenceError(
      'configuration',
      `This server is not configured: ${api.problems.join(' ')}`,
      'Ask the person to correct these environment variables in the settings of the MCP host, then to restart it.',
    );
    return { listCustomerAliases: () => Promise.reject(error) };
  }
  // Loaded at the first call: on Node, fetch and what it brings would be a sixth of the time to the first `tools/list`.
  let client: Promise<SequenceClient> | undefined;
  const load = async () => {
    const { createSequenceClient } = await import('./sequence/client.ts');
    const userAgent = `${name}/${version} (${describeRuntime(process.versions)})`;
    const fetch = demo ? (await import('./demo/demo-fetch.ts')).demoFetch : globalThis.fetch;
    return createSequenceClient(api, { log, userAgent, fetch });
  };
  return {
    async listCustomerAliases(query, deadline) {
      client ??= load();
      return (await client).listCustomerAliases(query, deadline);
    },
  };
}

/** Serves on stdio until the host goes away. Nothing here waits before the transport listens: Bun could lose input. */
function serve({ api, timeoutMs }: Config, client: SequenceClient, log: Log, demo: boolean): void {
  if ('problems' in api) for (const problem of api.problems) log('error', problem);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => leave(0));
  process.on('unhandledRejection', (reason) => log('error', String(reason)));
  serveStdio(() => createServer({ client, timeoutMs, log, demo }), {
    transport: new LeavingTransport(),
    onerror: (error) => log('warn', `protocol: ${error.message.slice(0, 300)}`),
  });
}

/** However the connection ends (stdin closed, reader of stdout gone, input past its bound), so does the process. */
class LeavingTransport extends StdioServerTransport {
  override async close(): Promise<void> {
    await super.close();
    leave(0);
  }
}

function print(text: string, code = 0): void {
  process.stdout.write(text);
  leave(code);
}

/** Ends the process once what was written has left it, or soon. Calls still waiting for Sequence are dropped. */
function leave(code: number): void {
  setTimeout(() => process.exit(code), FLUSH_MS).unref();
  process.stdout.end(() => process.exit(code));
}

main();
