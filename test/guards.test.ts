import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from './support/programs.ts';

const MCP = "import { McpServer } from '@modelcontextprotocol/server';\nexport { McpServer };";
const FETCH = "export const x = fetch('https://example.com');";
const ENV = "import process from 'node:process';\nexport const x = process.env['A'];";

const kept: [rule: string, path: string, text: string][] = [
  ['noConsole', 'src/a.ts', "console.log('x');"],
  ['noProcessEnv', 'src/b.ts', ENV],
  ['noProcessEnv', 'src/sequence/c.ts', ENV],
  ['noRestrictedGlobals', 'src/d.ts', FETCH],
  ['noRestrictedGlobals', 'src/tools/e.ts', FETCH],
  ['noRestrictedGlobals', 'src/tools/f.ts', 'export const x = process.pid;'],
  ['noRestrictedImports', 'src/sequence/g.ts', MCP],
  ['noRestrictedImports', 'src/demo/h.ts', MCP],
  ['noRestrictedImports', 'src/tools/l.ts', "import { get } from 'node:https';\nexport { get };"],
  ['noExplicitAny', 'src/i.ts', 'export const x: any = 1;'],
];
const allowed: [path: string, text: string][] = [
  ['src/config.ts', ENV],
  ['src/sequence/k.ts', FETCH],
  ['src/server.ts', MCP],
];

it('leaves no way around the linter to the global fetch', () => {
  const outside = readdirSync(at('src'), { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !/^(sequence|demo)\b/.test(path),
  );
  expect(outside.length).toBeGreaterThan(10);
  for (const path of outside) expect(readFileSync(at(`src/${path}`), 'utf8')).not.toMatch(/globalThis\W+fetch/);
});

describe('the linter', () => {
  let folder: string;
  let found: { category: string; location: { path: string } }[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guards-'));
    for (const name of ['biome.json', 'package.json']) await cp(at(name), join(folder, name));
    for (const [path, text] of [...kept.map(([, path, text]) => [path, text] as const), ...allowed]) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), `${text}\n`);
    }
    const flags = ['lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none'];
    const biome = at('node_modules/@biomejs/biome/bin/biome');
    const { stdout } = spawnSync(process.execPath, [biome, ...flags], { cwd: folder, encoding: 'utf8' });
    found = JSON.parse(stdout).diagnostics;
  });
  afterAll(() => rm(folder, { recursive: true }));

  const rulesBroken = (path: string) =>
    found.filter(({ location }) => location.path.endsWith(path)).map(({ category }) => category.split('/').at(-1));

  it.each(kept)('keeps out by %s: %s', (rule, path) => expect(rulesBroken(path)).toContain(rule));
  it.each(allowed)('leaves alone: %s', (path) => expect(rulesBroken(path)).toEqual([]));
});
