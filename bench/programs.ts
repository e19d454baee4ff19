import { tmpdir } from 'node:os';
import { resolve } from 'node:path';

/** npm runs scripts in the project's folder; programs run elsewhere, so that no settings of its are found. */
const at = (path: string) => resolve(path);

export const RUNTIMES = ['node', 'bun', 'deno'] as const;
export type Runtime = (typeof RUNTIMES)[number];

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}

const commands: Record<Runtime, string> = {
  node: process.execPath,
  bun: at('node_modules/.bin/bun'),
  deno: at('node_modules/.bin/deno'),
};

/** A runtime with nothing to do. */
export const bare = (runtime: Runtime): Program => ({
  command: commands[runtime],
  args: runtime === 'deno' ? ['eval', '0'] : ['-e', '0'],
});

export const echo = (runtime: Runtime) => run(runtime, at('bench/dist/echo.js'));

export const rawFetch = (runtime: Runtime, url: string) => run(runtime, at('bench/dist/raw-fetch.js'), [url]);

export const upstream = () => run('node', at('bench/dist/upstream.js'));

/** The built server; `url` is its Sequence. */
export function server(runtime: Runtime, url = 'http://127.0.0.1:9'): Program {
  const env = {
    SEQUENCE_CLIENT_ID: 'bench',
    SEQUENCE_CLIENT_SECRET: 'bench',
    SEQUENCE_API_URL: url,
    SEQUENCE_REQUESTS_PER_MINUTE: '100000',
  };
  return { ...run(runtime, at('dist/cli.js')), env };
}

function run(runtime: Runtime, file: string, args: readonly string[] = []): Program {
  const flags = runtime === 'deno' ? ['run', '--no-prompt', '--allow-env', '--allow-net=127.0.0.1'] : [];
  return { command: commands[runtime], args: [...flags, file, ...args] };
}

/** Nothing of the machine's own: NODE_EXTRA_CA_CERTS alone makes Node start three times slower. */
export function spawnOptions({ env }: Program) {
  const { PATH = '', HOME = '' } = process.env;
  return { cwd: tmpdir(), env: { PATH, HOME, DENO_NO_UPDATE_CHECK: '1', ...env } };
}
