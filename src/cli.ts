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

const { Deno } = globalThis as { Deno?: { stdout: { writable: WritableStream } } };
/** Deno's process.stdout writes synchronously: a host that reads no more would freeze the process, signals included. */
const stdout = Deno ? process.getBuiltinModule('node:stream').Writable.fromWeb(Deno.stdout.writable) : process.stdout;

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
  const log = createLog(config.logLevel, writeToStderr);
  const client = createClient(config, log, flags.demo);
  if (flags.check) check(config, client, flags.demo).then(({ report, works }) => print(report, works ? 0 : 1));
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
    const options = { log, userAgent };
    if (!demo) return createSequenceClient(api, options);
    return createSequenceClient(api, { ...options, fetch: (await import('./demo/demo-fetch.ts')).demoFetch });
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
  process.stderr.on('error', () => {});
  // Each answer that waits for a slow reader listens to stdout.
  stdout.setMaxListeners(0);
  process.on('unhandledRejection', (reason) => log('error', String(reason)));
  serveStdio(() => createServer({ client, timeoutMs, log, demo }), {
    transport: new LeavingTransport(process.stdin, stdout),
    onerror: (error) => log('error', `protocol: ${error.message.slice(0, 300)}`),
  });
}

/** A host may close stderr, or never read it; that is no reason to fail. */
function writeToStderr(line: string): void {
  try {
    process.stderr.write(line);
  } catch {
    // Deno throws where Node and Bun emit an error.
  }
}

/** However the connection ends (stdin closed, reader of stdout gone, input past its bound), so does the process. */
class LeavingTransport extends StdioServerTransport {
  override async close(): Promise<void> {
    await super.close();
    leave(0);
  }
}

function print(text: string, code = 0): void {
  stdout.write(text);
  leave(code);
}

/** Ends the process once what was written has left it, or soon. Calls still waiting for Sequence are dropped. */
function leave(code: number): void {
  setTimeout(() => process.exit(code), FLUSH_MS).unref();
  stdout.end(() => process.exit(code));
}

main();
