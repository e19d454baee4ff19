import { tmpdir } from 'node:os';
import { resolve } from 'node:path';

export const RUNTIMES = ['node', 'bun', 'deno'] as const;
export type Runtime = (typeof RUNTIMES)[number];

export interface Program {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly cwd: string;
}

/** npm runs scripts in the project's folder. */
export const commands: Record<Runtime, string> = {
  node: process.execPath,
  bun: resolve('node_modules/.bin/bun'),
  deno: resolve('node_modules/.bin/deno'),
};

/** Nothing of the machine's own goes along: NODE_EXTRA_CA_CERTS alone makes Node start three times slower. Deno asks no network. */
function program(runtime: Runtime, args: string[], variables: Record<string, string> = {}): Program {
  const { PATH = '', HOME = '' } = process.env;
  return {
    command: commands[runtime],
    args,
    env: { PATH, HOME, DENO_NO_UPDATE_CHECK: '1', ...variables },
    cwd: tmpdir(),
  };
}

function run(runtime: Runtime, file: string, args: string[] = [], variables?: Record<string, string>): Program {
  const flags =
    runtime === 'deno' ? ['run', '--no-prompt', '--allow-env', '--allow-read', '--allow-net=127.0.0.1'] : [];
  return program(runtime, [...flags, resolve(file), ...args], variables);
}

/** A runtime with nothing to do. */
export const bare = (runtime: Runtime) => program(runtime, runtime === 'deno' ? ['eval', '0'] : ['-e', '0']);
export const echo = (runtime: Runtime) => run(runtime, 'bench/dist/echo.js');
export const rawFetch = (runtime: Runtime, url: string) => run(runtime, 'bench/dist/raw-fetch.js', [url]);
export const upstream = () => run('node', 'bench/dist/upstream.js');

/** The built server; `url` is its Sequence. */
export const server = (runtime: Runtime, url = 'http://127.0.0.1:9') =>
  run(runtime, 'dist/cli.cjs', [], {
    SEQUENCE_CLIENT_ID: 'bench',
    SEQUENCE_CLIENT_SECRET: 'bench',
    SEQUENCE_API_URL: url,
    SEQUENCE_REQUESTS_PER_MINUTE: '100000',
  });
