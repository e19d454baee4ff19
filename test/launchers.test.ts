// Every launcher in docs/INSTALL.md, each on a fresh machine.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { ANSWERS, freshMachine } from './support/machine.ts';
import { at } from './support/programs.ts';

const machine = await freshMachine();
const PACKAGE = 'sequence-mcp-server';
const FOREIGN = '#!/bin/sh\necho foreign >&2\n';
const DENO = "deno run --no-config --no-prompt '--allow-env=SEQUENCE_*' --allow-net=eu.sequencehq.com";

/** The lines that `npm run pack` prints, for a folder with a space in its path. */
const tarballs = join(machine.folder, 'tar balls');
mkdirSync(tarballs);
const { stdout: snippet } = await machine.run(`bun '${at('scripts/pack.ts')}' '${tarballs}'`);
const [withBun, withNpm] = [...snippet.matchAll(/^\{.*?^\}/gms)].map(([json]) => JSON.parse(json).mcpServers.sequence);
const [fromTarball = ''] = withBun.args as string[];
const tarball = fromTarball.replace(/^[^@]+@/, '');

/** From the registry, from the tarball, and from a checkout. */
const lines = {
  registry: [
    `npx -y --prefix '${tarballs}' ${PACKAGE}`,
    `bunx ${PACKAGE}@latest`,
    `bunx --bun ${PACKAGE}@latest`,
    `${DENO} npm:${PACKAGE}`,
  ],
  tarball: [
    `bunx '${fromTarball}'`,
    `bunx --bun '${fromTarball}'`,
    `bunx -p '${tarball}' ${PACKAGE}`,
    `${withNpm.command} ${withNpm.args.map((argument: string) => `'${argument}'`).join(' ')}`,
  ],
  checkout: [
    `node '${at('dist/cli.cjs')}'`,
    `bun --no-env-file --config=/dev/null '${at('dist/cli.cjs')}'`,
    `${DENO.replace(' --no-config', '')} '${at('src/cli.ts')}'`,
    `${DENO} --allow-read='${at('dist')}' '${at('dist/cli.cjs')}'`,
  ],
};
const all = [...lines.registry, ...lines.tarball, ...lines.checkout];
const start = (line: string, env: Record<string, string> = {}) =>
  machine.ask('/bin/sh', ['-c', `exec ${line} --demo`], env);

describe.each(Object.entries(lines))('from the %s', (from, ofThese) => {
  // Only the registry must exist.
  const env: Record<string, string> =
    from === 'registry' ? {} : { npm_config_registry: 'http://127.0.0.1:9', BUN_CONFIG_REGISTRY: 'http://127.0.0.1:9' };
  test.each(ofThese)('%s', async (line) => {
    expect(await start(line, env)).toEqual(ANSWERS);
  });
});

test('bunx --bun without Node', async () => {
  const env = { PATH: machine.bunOnly, BUN_INSTALL_CACHE_DIR: join(machine.folder, 'bun-alone') };
  expect(await machine.ask('bunx', ['--bun', PACKAGE, '--demo'], env)).toEqual(ANSWERS);
});

test('a global install, run by name', async () => {
  const prefix = join(machine.folder, 'global');
  await machine.run(`npm install --global --prefix '${prefix}' ${PACKAGE}`);
  const PATH = [join(prefix, 'bin'), machine.env['PATH']].join(delimiter);
  expect(await machine.ask(PACKAGE, ['--demo'], { PATH })).toEqual(ANSWERS);
});

test('the path of a tarball depends on its content, since bunx caches by path', async () => {
  expect(tarball).toMatch(/-[0-9a-f]{8}\.tgz$/);
  expect((await machine.run(`bun '${at('scripts/pack.ts')}' '${tarballs}'`)).stdout).toBe(snippet);
});

test.each(all)('reads no configuration from its working folder: %s', async (line) => {
  const folder = join(machine.folder, `project-${crypto.randomUUID()}`);
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  const files = {
    // A configuration problem would be logged.
    '.env': 'SEQUENCE_API_URL=stranger\n',
    'deno.json': '{"lock":{"frozen":true},"imports":{"zod":"./zod.js"}}',
    'deno.lock': '{"version":"5","specifiers":{},"npm":{}}',
    'bunfig.toml': 'preload = ["./preload.js"]\n',
    'preload.js': 'process.stderr.write("preloaded");\n',
    '.npmrc': 'node-options=--require=./required.cjs\nscript-shell=./foreign.sh\n',
    'required.cjs': 'process.stderr.write("foreign");\n',
    'foreign.sh': FOREIGN,
    [`node_modules/.bin/${PACKAGE}`]: FOREIGN,
    'package.json': `{"name":"${PACKAGE}","version":"${packageJson.version}","bin":"foreign.sh"}`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o755 });
  const env = { SEQUENCE_CLIENT_ID: 'id-1', SEQUENCE_CLIENT_SECRET: '', DENO_NO_UPDATE_CHECK: '1' };
  const { stdout, stderr } = await machine.run(`cd '${folder}' && ${line} --check`, env);
  expect(stdout, stderr).toMatch(/Not configured:\n {2}SEQUENCE_CLIENT_SECRET is not set\.\n$/);
  expect(stderr).not.toContain('foreign');
  // Only bunx with Bun's own runtime has no option to ignore that file.
  expect(stderr.includes('preloaded')).toBe(line.startsWith('bunx --bun'));
  const demo = await machine.run(`cd '${folder}' && ${line} --demo --check`, env);
  expect(demo.stdout).toContain('works ');
  for (const [name, text] of Object.entries(files)) expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
});
