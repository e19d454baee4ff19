import { fileURLToPath } from 'node:url';
import packageJson from '../../package.json' with { type: 'json' };
import { VARIABLES } from '../../src/config.ts';
import { HTTP_VARIABLES } from '../../src/http/config.ts';

/** A path inside the project. */
export const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The built bin that npm links. */
const PROGRAM = at(packageJson.bin['sequence-mcp-server']);

/** A way to start the server: a runtime and its arguments. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const bun = at('node_modules/.bin/bun');
const deno = at('node_modules/.bin/deno');
/** Deno's `fetch` reads these. Without the permission the server refuses loopback. */
const PROXY_VARIABLES = [
  'HTTP_PROXY',
  'http_proxy',
  'HTTPS_PROXY',
  'https_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
];
const denoRun = [
  'run',
  '--no-prompt',
  '--quiet',
  `--allow-env=${[...Object.keys({ ...VARIABLES, ...HTTP_VARIABLES }), ...PROXY_VARIABLES].join(',')}`,
  '--allow-net=127.0.0.1,localhost',
];

export const built: readonly Program[] = [
  { name: 'node', command: process.execPath, args: [PROGRAM] },
  { name: 'bun', command: bun, args: [PROGRAM] },
  // For a file on disk, unlike an npm package, Deno needs a permission to require other files.
  { name: 'deno', command: deno, args: [...denoRun, `--allow-read=${at('dist')}`, PROGRAM] },
];

/** Node 20 cannot run TypeScript; Bun and Deno run `src/` directly. */
export const source: readonly Program[] = [
  { name: 'bun src', command: bun, args: [at('src/cli.ts')] },
  { name: 'deno src', command: deno, args: [...denoRun, at('src/cli.ts')] },
];

export const [node, bunProgram, denoProgram] = built as readonly [Program, Program, Program];

/** The program, with this file loaded first in its process. */
export function withPreload({ name, command, args }: Program, path: string): Program {
  if (name === 'node') return { name, command, args: ['--import', at(path), ...args] };
  if (name === 'deno') return { name, command, args: ['run', '--preload', at(path), ...args.slice(1)] };
  return { name, command, args: ['--preload', at(path), ...args] };
}

/** An environment without the machine's own variables, so that no real key can leak in. */
export function cleanEnv(variables: Record<string, string> = {}): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  // Deno must find its cache, and Bun must not auto-install.
  return { PATH, HOME, ...variables };
}

/** Variables of a server whose Sequence is at `url`. */
export const keyed = (url: string, more: Record<string, string> = {}) => ({
  SEQUENCE_CLIENT_ID: 'key',
  SEQUENCE_CLIENT_SECRET: 'secret',
  SEQUENCE_API_URL: url,
  ...more,
});
