import { at, built, cleanEnv } from '../test/support/programs.ts';

export const RUNTIMES = ['node', 'bun', 'deno'] as const;
export type Runtime = (typeof RUNTIMES)[number];

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}

function builtServer(runtime: Runtime) {
  const program = built.find(({ name }) => name === runtime);
  if (!program) throw new Error(`Nothing says how to run the server on ${runtime}.`);
  return program;
}

export const commandOf = (runtime: Runtime): string => builtServer(runtime).command;

/** Nothing of the machine's own goes along: NODE_EXTRA_CA_CERTS alone makes Node start three times slower. Deno asks no network. */
function program(runtime: Runtime, args: readonly string[], variables: Record<string, string> = {}): Program {
  return { command: commandOf(runtime), args, env: { ...cleanEnv(variables), DENO_NO_UPDATE_CHECK: '1' } };
}

/** A runtime with nothing to do. */
export const bare = (runtime: Runtime) => program(runtime, runtime === 'deno' ? ['eval', '0'] : ['-e', '0']);

/** A program of this folder, as `npm run bench` compiles it, which gets the URL of a Sequence. */
const ofBench = (name: string) => (runtime: Runtime, url: string) => {
  const flags = runtime === 'deno' ? ['run', '--quiet', '--no-prompt', '--allow-net=127.0.0.1'] : [];
  return program(runtime, [...flags, at(`bench/dist/${name}.js`), url]);
};
export const loop = ofBench('loop');
export const rawFetch = ofBench('raw-fetch');
export const upstream = () => ofBench('upstream')('node', '');

/** The variables of a server whose Sequence is at `url`. */
export const serverEnv = (url: string) => ({
  SEQUENCE_CLIENT_ID: 'bench',
  SEQUENCE_CLIENT_SECRET: 'bench',
  SEQUENCE_API_URL: url,
  SEQUENCE_REQUESTS_PER_MINUTE: '100000',
});

/** The built server. */
export const server = (runtime: Runtime, url: string) => program(runtime, builtServer(runtime).args, serverEnv(url));
