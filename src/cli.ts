#!/usr/bin/env node
import { version } from './about.ts';
import { createApp } from './app.ts';
import { check } from './check.ts';
import { type Config, type Environment, loadConfig, redactorOf } from './config.ts';
import { createLog, type Log } from './log.ts';
import { openStdout, processPlatform } from './platform/process.ts';
import { serveOnStdio } from './stdio/serve.ts';

/** How long the last bytes may take to reach a reader before the process ends without them. */
const FLUSH_MS = 100;

const stdout = openStdout();

function main(): void {
  const flags = parseFlags();
  if (!flags) printHelp(writeToStderr, 2);
  else if (flags.help) printHelp((text) => stdout.write(text), 0);
  else if (flags.version) print(`${version}\n`);
  else if (flags['new-token'] !== undefined) printNewToken(flags['new-token']);
  else start(flags);
}

interface Flags extends Record<'help' | 'version' | 'check' | 'demo' | 'http', boolean> {
  /** Whose token to make. */
  'new-token'?: string | undefined;
}

/** The flags given; nothing where one is not known. */
function parseFlags(): Flags | undefined {
  const switches = { help: false, version: false, check: false, demo: false, http: false };
  const flags: Flags = switches;
  const given = process.argv.slice(2);
  for (let argument = given.shift(); argument !== undefined; argument = given.shift()) {
    const flag = { '-h': 'help', '-v': 'version' }[argument] ?? argument.replace(/^--/, '');
    if (argument === '--new-token') flags['new-token'] = given.shift() ?? '';
    else if (argument.startsWith('-') && Object.hasOwn(switches, flag)) switches[flag as keyof typeof switches] = true;
    else return undefined;
  }
  return flags;
}

function start(flags: Flags): void {
  const { env } = process;
  const sequenceEnv = flags.demo ? demoEnvironment(env) : env;
  const platform = processPlatform(flags.demo ? loadDemoFetch : undefined);
  if (flags.http) {
    const loadFetch = async () => (await processPlatform().load()).fetch;
    import('./http/serve.ts').then(({ startHttp }) =>
      startHttp({ env, sequenceEnv, platform, loadFetch, flags, writeToStderr, print, exit: process.exit }),
    );
    return;
  }
  const config = loadConfig(sequenceEnv);
  const redact = redactorOf(config.api);
  const log = createLog(config.logLevel, writeToStderr, redact);
  const app = createApp(config, platform, log, flags.demo);
  if (flags.check) {
    check(config, app, platform.runtime, flags.demo).then(({ report, works }) => print(redact(report), works ? 0 : 1));
    return;
  }
  logProblems(config, log);
  serveOnStdio(app, { stdin: process.stdin, stdout, leave: () => leave(0) }, log);
}

function logProblems({ api }: Config, log: Log): void {
  if (api.kind === 'misconfigured') for (const problem of api.problems) log('error', problem);
}

/** The demo needs no key, yet runs through the same client; the host name cannot exist (RFC 2606). */
function demoEnvironment(env: Environment): Environment {
  const honoured = ['SEQUENCE_TIMEOUT_MS', 'SEQUENCE_REQUESTS_PER_MINUTE', 'SEQUENCE_LOG_LEVEL'].flatMap((name) => {
    try {
      return [[name, env[name]] as const];
    } catch {
      // Deno may hide every variable: the demo runs all the same.
      return [];
    }
  });
  return {
    ...Object.fromEntries(honoured),
    SEQUENCE_CLIENT_ID: 'demo',
    SEQUENCE_CLIENT_SECRET: 'demo',
    SEQUENCE_API_URL: 'https://demo.invalid/api',
  };
}

async function loadDemoFetch() {
  return (await import('./demo/demo-fetch.ts')).demoFetch;
}

/** A host may close stderr, or never read it; that is no reason to fail. */
function writeToStderr(line: string): void {
  try {
    process.stderr.write(line);
  } catch {
    // Deno throws where Node and Bun emit an error.
  }
}

function printNewToken(name: string): void {
  import('./http/serve.ts').then(async ({ describeNewToken }) => {
    const text = await describeNewToken(name);
    if (text === undefined) printHelp(writeToStderr, 2);
    else print(text);
  });
}

function printHelp(write: (text: string) => void, code: 0 | 2): void {
  Promise.all([import('./help.ts'), import('./http/config.ts')]).then(([{ describeUsage }, { HTTP_VARIABLES }]) => {
    const usage = describeUsage(HTTP_VARIABLES);
    write(code === 0 ? usage : `Unknown argument. ${usage}`);
    leave(code);
  });
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
