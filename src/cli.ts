#!/usr/bin/env node
import './jitless.ts';
import { parseArgs } from 'node:util';
import { name, version } from './about.ts';
import { createApp } from './app.ts';
import { type CheckResult, check } from './check.ts';
import { loadConfig } from './config.ts';
import { createLog } from './log.ts';
import { createProcessPlatform, openStdout } from './platform.ts';
import { serveStdio } from './stdio.ts';

/** Milliseconds that the process waits for its last output to be read before it exits. */
const FLUSH_MS = 100;

const stdout = openStdout();

async function main(): Promise<void> {
  const flags = parseFlags();
  if (typeof flags === 'string') refuse(flags);
  else if (flags.help) print((await import('./help.ts')).USAGE);
  else if (flags.version) print(`${version}\n`);
  else if (flags['new-token'] !== undefined) await printNewToken(flags['new-token']);
  else await (flags.http ? startHttp(flags) : startStdio(flags));
}

type Flags = Exclude<ReturnType<typeof parseFlags>, string>;

const NEW_TOKEN =
  '--new-token needs a name: up to 64 letters, digits, dots, hyphens and underscores';

/** The flags given, or what is wrong with them. A value is not repeated: it could be the key. */
function parseFlags() {
  try {
    const options = {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
      check: { type: 'boolean' },
      demo: { type: 'boolean' },
      http: { type: 'boolean' },
      'new-token': { type: 'string' },
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (message.startsWith("Option '--new-token")) return NEW_TOKEN;
    // Such as "Unknown option '--chek'", and "Unexpected argument" without the argument.
    return message.split(/ '(?!-)|\. |\n/, 1).join();
  }
}

async function startStdio({ check: isCheck, demo = false }: Flags): Promise<void> {
  const config = loadConfig(process.env, demo);
  const { api, logLevel, redact } = config;
  const log = createLog(logLevel, writeToStderr, redact);
  const platform = createProcessPlatform(demo);
  const app = createApp(config, platform, log);
  if (isCheck) return printCheck(await check(config, app, platform.runtime));
  if (api.kind === 'misconfigured') for (const problem of api.problems) log('error', problem);
  if (process.stdin.isTTY) {
    writeToStderr(`${name} ${version} is waiting for an MCP host on stdin. See --help.\n`);
  }
  serveStdio(app, { stdin: process.stdin, stdout, exit: () => exit(0) }, log);
}

async function startHttp({ check: isCheck, demo = false }: Flags): Promise<void> {
  // Without permission to listen, Deno throws in a later tick. Its message names the flag.
  process.on('uncaughtException', (error) => {
    writeToStderr(`${error.name === 'NotCapable' ? `${name}: ${error.message}.` : error.stack}\n`);
    process.exit(1);
  });
  const { checkHttp, serveHttp } = await import('./http/serve.ts');
  const options = { env: process.env, platform: createProcessPlatform(demo), demo };
  if (isCheck) printCheck(await checkHttp(options));
  else await serveHttp(options, writeToStderr);
}

async function printNewToken(name: string): Promise<void> {
  const { describeNewToken } = await import('./http/auth/fixed-tokens.ts');
  const text = await describeNewToken(name);
  if (text === undefined) refuse(NEW_TOKEN);
  else print(text);
}

function refuse(problem: string): void {
  writeToStderr(`${problem}. See --help.\nUsage: ${name} [option]\n`);
  exit(2);
}

function printCheck({ report, works }: CheckResult): void {
  print(report, works ? 0 : 1);
}

/** The server keeps running if a host closes stderr or never reads it. */
function writeToStderr(text: string): void {
  try {
    process.stderr.write(text);
  } catch {
    // Deno throws; Node and Bun emit an error.
  }
}

/** Prints the text. Exits once the reader has it or has gone. */
function print(text: string, code = 0): void {
  stdout.on('error', () => process.exit(code)).end(text, () => process.exit(code));
}

/** Exits once the output is flushed, or soon after. Drops calls in progress. */
function exit(code: number): void {
  setTimeout(() => process.exit(code), FLUSH_MS).unref();
  stdout.end(() => process.exit(code));
}

main();
