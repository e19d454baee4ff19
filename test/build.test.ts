// The build: what it makes of this tree, and of trees that differ from it.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OutputChunk, rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { type Edit, edit, slashed } from '../scripts/edits.ts';
import { stdioProgram } from '../scripts/programs.ts';
import { TOOLS } from '../src/tools/index.ts';
import { connect } from './support/clients.ts';
import { temporaryFolder } from './support/machine.ts';
import { at, built, cleanEnv, type Program } from './support/programs.ts';

const bun = at('node_modules/.bin/bun');
const folder = temporaryFolder();

/** A copy of what a program is made of, with some files written anew. */
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

function build(root: string, outDir = join(root, 'dist')): string {
  execFileSync(bun, [at('scripts/build.ts'), '--root', root, '--out-dir', outDir]);
  return outDir;
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

test.each(built)(
  'on $name, a program whose files were updated while it ran says so',
  { timeout: 60_000 },
  async (program) => {
    const dist = build(tree({}), mkdtempSync(join(folder, 'dist-')));
    const args = program.args.map((arg) => arg.replace(at('dist'), dist));
    await using client = await connect({ ...program, args }, { args: ['--demo'] });
    // Another version, of which every file has other names inside.
    build(
      tree({ 'src/errors.ts': (text) => `${text}\nexport const added = 'added';\nprocess.title = added;\n` }),
      dist,
    );
    const { text, isError } = await client.call('find_customer_by_alias', { alias: 'crm-1042' });
    expect(isError).toBe(true);
    expect(text).toContain('The files of this server were updated or removed while it was running. Ask the person to');
  },
);

test('serving loads no demo, no other transport, no client of Sequence and no jose before it needs them', async () => {
  const { input, output } = await stdioProgram(realpathSync(at('.')));
  const bundle = await rolldown(input);
  const chunks = (await bundle.generate(output)).output.filter((file) => file.type === 'chunk');
  const chunkNamed = (name: string) => chunks.filter(({ fileName }) => fileName === name);
  const withImports = (chunk: OutputChunk): OutputChunk[] => [
    chunk,
    ...chunk.imports.flatMap(chunkNamed).flatMap(withImports),
  ];
  const modules = (chunk: OutputChunk) => withImports(chunk).flatMap(({ moduleIds }) => moduleIds.map(slashed));
  const chunkWith = (path: string) => chunks.find(({ moduleIds }) => moduleIds.some((id) => slashed(id) === at(path)));

  const start = chunkWith('src/stdio/serve.ts');
  if (!start) throw new Error('no chunk serves on stdio');
  expect(chunkWith('src/sequence/client.ts')?.isDynamicEntry).toBe(true);
  const overHttp = chunkWith('src/http/serve.ts');
  if (!overHttp) throw new Error('no chunk serves over HTTP');
  expect(modules(overHttp).filter((id) => id.includes('/node_modules/jose/'))).toEqual([]);
  const atStart = modules(start);
  expect(atStart).toContain(at('src/tools/find-customer-by-alias.ts'));
  const later =
    /\/src\/(http|demo)\/|\/server\/dist\/index\.mjs$|\/sequence\/(client|transport|limiter)\.ts$|\/node_modules\/(p-queue|jose)\//;
  expect(atStart.filter((id) => later.test(id))).toEqual([]);
});

test('an edit fails the build unless it changes what it was written for, on Windows too', async () => {
  const wanted: Edit = { name: 'wanted', modules: /\/folder\/file\.js$/, pattern: /1/g, by: () => '2', times: 2 };
  const buildWith = async (id: string, code: string) => {
    const files = {
      name: 'files',
      resolveId: (name: string) => (name === 'entry' ? name : id),
      load: (asked: string) => (asked === id ? code : "export { default } from 'file';"),
    };
    const bundle = await rolldown({ input: 'entry', plugins: [files, edit(wanted)] });
    const [chunk] = (await bundle.generate()).output;
    return chunk.code;
  };
  expect(await buildWith('C:\\folder\\file.js', 'export default [1, 1];')).toContain('[2, 2]');
  await expect(buildWith('/folder/file.js', 'export default [1];')).rejects.toThrow(
    'wanted changed 1 places and not 2',
  );
  await expect(buildWith('/other/file.js', 'export default [1, 1];')).rejects.toThrow('changed 0 places');
});

test("a crash's stack leads to the source", { timeout: 60_000 }, () => {
  const preload = join(folder, 'crash.cjs');
  writeFileSync(preload, "process.on = () => { throw new Error('crash'); };");
  const crashed = spawnSync(process.execPath, ['-r', preload, at('dist/cli.cjs'), '--demo'], {
    env: cleanEnv(),
    encoding: 'utf8',
  });
  expect(crashed.stderr).toMatch(/server-[\w-]{8}\.cjs:\d+:\d+/);
  const script = [at('scripts/original-stack.ts'), at('sourcemaps')];
  const { stdout } = spawnSync(bun, script, { input: crashed.stderr, encoding: 'utf8' });
  const line =
    1 +
    readFileSync(at('src/stdio/serve.ts'), 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('process.on(signal'));
  expect(stdout).toContain(`(src/stdio/serve.ts:${line}:`);
  expect(stdout).not.toMatch(/server-/);
});
