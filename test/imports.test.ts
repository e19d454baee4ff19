// The imports between folders of src/, so that a new or reversed dependency fails. biome.json says which files may use
// `process`, `fetch` and `globalThis`.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { at } from './support/programs.ts';

/** Files that every other may import. */
const SHARED = ['about', 'body', 'deadline', 'errors', 'json', 'log', 'secret', 'text'];

const SDK = '@modelcontextprotocol/server';

/** Further imports of each folder or file. `~` marks one that is only loaded on demand. */
const IMPORTS: Record<string, string> = {
  bin: '~cli',
  cli: 'app check config jitless node: platform stdio ~help ~http ~http/serve',
  help: 'config http',
  jitless: 'zod',
  platform: 'node: sequence ~demo',
  stdio: `${SDK} app message node:`,
  worker: 'app http jitless sequence',
  'http/serve': 'app check config http http/node sequence ~http',
  'http/node': '@hono/node-server http node:',
  http: `${SDK} app check config hono jose message sequence`,
  message: SDK,
  check: 'app config',
  app: 'config sequence server tools',
  server: `${SDK} sequence tools zod`,
  tools: 'sequence zod',
  sequence: 'config p-queue',
  demo: 'sequence',
  config: '',
};

const FILES = readdirSync(at('src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.replaceAll('\\', '/').replace(/\.ts$/, ''));

/** The row of a file: the longest name that is a prefix of its path. */
function rowOf(path: string): string | undefined {
  const isOf = (name: string) => path === name || path.startsWith(`${name}/`);
  return [...Object.keys(IMPORTS), ...SHARED].filter(isOf).sort((a, b) => b.length - a.length)[0];
}

function importsOf(path: string): string[] {
  const text = readFileSync(at(`src/${path}.ts`), 'utf8');
  const imports = text.matchAll(/(?:\bfrom |^import )'(?<early>.+?)'|\bimport\('(?<late>.+?)'\)/gm);
  return [...imports].map(({ groups }) => {
    const { early, late }: { early?: string; late?: string } = groups ?? {};
    return early === undefined ? `~${nameOf(late ?? '', path)}` : nameOf(early, path);
  });
}

/** A row, a package, or `node:` for any module of Node. */
function nameOf(target: string, path: string): string {
  if (target.startsWith('node:')) return 'node:';
  if (!target.startsWith('.')) return target.split('/', target.startsWith('@') ? 2 : 1).join('/');
  const file = relative(at('src'), join(at('src'), dirname(path), target)).replaceAll('\\', '/');
  return rowOf(file.replace(/\.ts$/, '')) ?? file;
}

test('every file has a row', () => {
  expect(FILES.filter((path) => !rowOf(path))).toEqual([]);
});

test.each([...Object.entries(IMPORTS), ...SHARED.map((name) => [name, ''] as const)])('%s: %s', (row, expected) => {
  const names = new Set(FILES.filter((path) => rowOf(path) === row).flatMap(importsOf));
  const others = [...names].filter((name) => name !== row && !SHARED.includes(name) && name !== '../package.json');
  expect(others.sort().join(' ')).toBe(expected);
});
