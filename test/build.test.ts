// The build: the content of its files, when each is loaded, and builds of modified source trees.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { TOOLS } from '../src/tools/index.ts';
import { connect } from './support/clients.ts';
import { temporaryFolder } from './support/machine.ts';
import { at, built, cleanEnv, type Program } from './support/programs.ts';

const bun = at('node_modules/.bin/bun');
const folder = temporaryFolder();

/** Prints the program's files that Node has loaded when the process exits. */
const preload = join(folder, 'loaded.cjs');
writeFileSync(
  preload,
  `const { basename, dirname } = require('node:path');
  process.on('exit', () => {
    const loaded = Object.keys(require.cache).filter((file) => dirname(file) === ${JSON.stringify(at('dist'))});
    console.error('loaded', ...loaded.map((file) => basename(file, '.cjs')).sort());
  });`,
);

/** A copy of a program's sources, with some files replaced. */
function tree(files: Record<string, (text: string) => string>): string {
  const root = mkdtempSync(join(folder, 'tree-'));
  for (const path of ['src', 'package.json']) cpSync(at(path), join(root, path), { recursive: true });
  symlinkSync(at('node_modules'), join(root, 'node_modules'));
  for (const [path, change] of Object.entries(files)) {
    const file = join(root, path);
    const before = readFileSync(file, { encoding: 'utf8', flag: 'a+' });
    const after = change(before);
    if (after === before) throw new Error(`${path} stayed what it was`);
    writeFileSync(file, after);
  }
  return root;
}

function build(root: string): string {
  const outDir = join(root, 'dist');
  execFileSync(bun, [at('scripts/build.ts'), '--root', root, '--out-dir', outDir]);
  return outDir;
}

/** The modules of a built file, from its source map. */
function modulesOf(file: string): string[] {
  return JSON.parse(readFileSync(at(`sourcemaps/${file}.map`), 'utf8')).sources;
}

const onNode = (dist: string): Program => ({ name: 'node', command: process.execPath, args: [join(dist, 'cli.cjs')] });

test('a third tool is one file and one line, in the built program too', { timeout: 60_000 }, async () => {
  const source = readFileSync(at('src/tools/list-customer-aliases.ts'), 'utf8');
  const root = tree({
    'src/tools/third-tool.ts': () =>
      source
        .replace("name: 'list_customer_aliases'", "name: 'third_tool'")
        .replace("effect: 'read'", "effect: 'write'")
        .replace('listCustomerAliases', 'thirdTool'),
    'src/tools/index.ts': (text) =>
      `import { thirdTool } from './third-tool.ts';\n${text.replace(/(TOOLS\b.*\[[^\]]+)\];/s, '$1, thirdTool];')}`,
  });
  await using client = await connect(onNode(build(root)), { args: ['--demo'] });
  const { tools } = await client.client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([...TOOLS.map(({ name }) => name), 'third_tool']);
  const writes = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true };
  const listed = tools.find(({ name }) => name === 'list_customer_aliases');
  const annotations = { ...listed?.annotations, ...writes };
  expect(tools.at(-1)).toEqual({ ...listed, name: 'third_tool', annotations });
  expect((await client.call('third_tool', { limit: 1 })).structured.aliases).toHaveLength(1);
});

test.each(built)('on $name, a running program does not need its files', { timeout: 60_000 }, async (program) => {
  const dist = join(mkdtempSync(join(folder, 'copy-')), 'dist');
  cpSync(at('dist'), dist, { recursive: true });
  const args = program.args.map((arg) => arg.replace(at('dist'), dist));
  await using client = await connect({ ...program, args }, { args: ['--demo'] });
  rmSync(dist, { recursive: true });
  expect((await client.call('find_customer_by_alias', { alias: 'crm-1042' })).structured.outcome).toBe('found');
});

test('has few files with descriptive names', () => {
  const program = ['cli', 'demo', 'help', 'http', 'oauth', 'rolldown-runtime', 'server'].map((name) => `${name}.cjs`);
  expect(readdirSync(at('dist')).sort()).toEqual(['THIRD-PARTY-LICENSES.txt', ...program, 'worker.js']);
});

test.each([
  { flags: [], files: [] },
  { flags: ['--demo'], files: ['demo'] },
  { flags: ['--check', '--demo'], files: ['demo'] },
  { flags: ['--http', '--check'], files: ['http'] },
  { flags: ['--http', '--check'], env: { SEQUENCE_MCP_ISSUER: 'http://127.0.0.1:9' }, files: ['http', 'oauth'] },
  { flags: ['--help'], files: ['help', 'http'] },
])('$flags loads $files beside the server', ({ flags, env, files }) => {
  const key = { SEQUENCE_CLIENT_ID: 'key', SEQUENCE_CLIENT_SECRET: 'secret', SEQUENCE_API_URL: 'http://127.0.0.1:9' };
  const args = ['-r', preload, at('dist/cli.cjs'), ...flags];
  const { stderr } = spawnSync(process.execPath, args, {
    env: cleanEnv({ ...key, PORT: '0', ...env }),
    input: '',
    encoding: 'utf8',
  });
  const always = ['cli', 'rolldown-runtime', 'server'];
  expect(stderr.split('\n').at(-2)).toBe(['loaded', ...[...always, ...files].sort()].join(' '));
});

test.each([
  ['server.cjs', /src\/(http|demo)\/|node_modules\/(hono|@hono|jose)\//],
  ['http.cjs', /src\/(stdio|demo)\/|node_modules\/jose\//],
  ['worker.js', /src\/(stdio|demo|platform|cli|http\/(node|serve))\b|node_modules\/(@hono|p-queue)\//],
])('%s holds none of what others are for, and no validator of JSON Schema', (file, others) => {
  const modules = modulesOf(file);
  expect(modules.filter((path) => path.includes('/src/'))).not.toEqual([]);
  expect(modules.filter((path) => others.test(path) || /ajv|cfworker/i.test(path))).toEqual([]);
});

test('the Worker is one module of at most 120 kB gzipped, without process code', () => {
  const code = readFileSync(at('dist/worker.js'), 'utf8');
  expect(gzipSync(code).length).toBeLessThanOrEqual(120_000);
  expect(code.match(/\bprocess\.|\bnode:|\bimport\(|^import\b/gm)).toBeNull();
});

test("a crash's stack leads to the source", { timeout: 60_000 }, () => {
  const crash = join(folder, 'crash.cjs');
  writeFileSync(crash, "process.on = () => { throw new Error('crash'); };");
  const crashed = spawnSync(process.execPath, ['-r', crash, at('dist/cli.cjs'), '--demo'], {
    env: cleanEnv(),
    encoding: 'utf8',
  });
  expect(crashed.stderr).toMatch(/server\.cjs:\d+:\d+/);
  const script = [at('scripts/original-stack.ts'), at('sourcemaps')];
  const { stdout } = spawnSync(bun, script, { input: crashed.stderr, encoding: 'utf8' });
  const line =
    1 +
    readFileSync(at('src/stdio.ts'), 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('process.on(signal'));
  expect(stdout).toContain(`(src/stdio.ts:${line}:`);
  expect(stdout).not.toMatch(/server\.cjs/);
});
