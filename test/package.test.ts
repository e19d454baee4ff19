// The published tarball, installed from the file into an empty folder.
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { size } from '../bench/size.ts';
import packageJson from '../package.json' with { type: 'json' };
import { ANSWERS, filesIn, freshMachine } from './support/machine.ts';

const machine = await freshMachine();
const installed = join(machine.folder, 'cwd/node_modules/sequence-mcp-server');
const { code } = await machine.run(`npm install '${machine.packed.tarball}'`);
const bin = join(installed, 'dist/cli.cjs');

test('holds the program, its licences and the user documentation, in one small package', () => {
  expect(code).toBe(0);
  const paths = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'deploy/cloudflare/wrangler.jsonc',
    ...filesIn('dist').map((file) => `dist/${file}`),
    'package.json',
  ].sort();
  expect(paths.filter((path) => /\.(map|ts)$/.test(path))).toEqual([]);
  expect(paths).toEqual(expect.arrayContaining(['dist/cli.cjs', 'dist/THIRD-PARTY-LICENSES.txt']));
  expect(machine.packed.paths).toEqual(paths);
  expect(filesIn(installed)).toEqual(paths);
  expect(machine.packed.unpackedSize / 1e6).toBeLessThanOrEqual(size.figures.unpacked.atMost);
  expect(readdirSync(join(installed, '..')).filter((name) => !name.startsWith('.'))).toEqual(['sequence-mcp-server']);
});

test('has no dependencies and no install scripts', () => {
  const { scripts, ...fields } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies']) {
    expect(fields).not.toHaveProperty(field);
  }
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) expect(scripts).not.toHaveProperty(name);
});

test('names every bundled package with the text of its licence', () => {
  const licenses = readFileSync(join(installed, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8').split(/\n-{80}\n\n/);
  const packages = licenses.flatMap((license) => license.split('\n\n')[0]?.split('\n') ?? []);
  expect(packages.map((heading) => heading.replace(/(?<=.)@.*/, '')).sort()).toEqual([
    '@hono/node-server',
    '@modelcontextprotocol/core',
    '@modelcontextprotocol/server',
    'content-type',
    'eventemitter3',
    'hono',
    'jose',
    'p-queue',
    'p-timeout',
    'zod',
  ]);
  for (const text of licenses) expect(text).toMatch(/Permission is hereby granted|Apache License/);
  const { version } = JSON.parse(readFileSync('node_modules/zod/package.json', 'utf8'));
  expect(packages).toContain(`zod@${version} (MIT)`);
});

test('runs by its path, through a symlink and by the name that npm links', { timeout: 60_000 }, async () => {
  const link = join(machine.folder, 'link.js');
  symlinkSync(bin, link);
  expect(await machine.ask(process.execPath, [bin, '--demo'])).toEqual(ANSWERS);
  expect(await machine.ask(link, ['--demo'])).toEqual(ANSWERS);
  expect(await machine.ask(join(installed, '../.bin/sequence-mcp-server'), ['--demo'])).toEqual(ANSWERS);
});

test('exports only the Worker, under its own name', async () => {
  const run = (script: string) => machine.run(`node --input-type=module -e "${script}"`);
  const worker = await run("import worker from 'sequence-mcp-server/worker'; console.log(Object.keys(worker));");
  expect(worker).toEqual({ code: 0, stdout: "[ 'fetch' ]\n", stderr: '' });
  expect((await run("import 'sequence-mcp-server/dist/cli.cjs'")).stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
});

test('tells a user of an old Node in one line which version it needs', async () => {
  const pretend = join(machine.folder, 'pretend.cjs');
  const runAs = (version: string) => {
    writeFileSync(
      pretend,
      `Object.defineProperty(process.versions, 'node', { value: '${version}' });
       Object.defineProperty(process, 'version', { value: 'v${version}' });`,
    );
    return machine.run(`node -r '${pretend}' '${bin}' --version`);
  };
  for (const version of ['14.21.3', '18.20.8', '20.2.0']) {
    expect(await runAs(version)).toEqual({
      code: 1,
      stdout: '',
      stderr: `sequence-mcp-server needs Node.js 20.3 or later; this is v${version}.\n`,
    });
  }
  expect(await runAs('20.3.0')).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  expect(packageJson.engines.node).toBe('>=20.3');
});

test('its bin has syntax that any Node with modules can parse', () => {
  // Node 12 has neither ?. nor ?? nor private fields; a static import would be parsed before the first line runs.
  expect(readFileSync(bin, 'utf8')).not.toMatch(/\?\.|\?\?|\bimport[ {*"']|\bawait\b/);
});
