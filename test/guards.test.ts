import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from './support/programs.ts';

const SDK = '@modelcontextprotocol/server';

/** What each file must not import. One file of a folder stands for all of them. */
const ARROWS: Record<string, readonly string[]> = {
  'src/app.ts': ['./stdio/a.ts', './http/a.ts', './demo/a.ts', './platform/a.ts', './cli.ts', 'node:fs'],
  'src/server.ts': ['./stdio/a.ts', './http/a.ts', './demo/a.ts', './platform/a.ts', './worker.ts', 'node:fs'],
  'src/config.ts': ['./http/a.ts', 'node:process'],
  'src/tools/a.ts': [
    ...['../stdio/a.ts', '../http/a.ts', '../demo/a.ts', '../platform/a.ts', '../app.ts', '../server.ts'],
    'node:https',
  ],
  'src/sequence/a.ts': [
    ...['../tools/a.ts', '../stdio/a.ts', '../http/a.ts', '../demo/a.ts', '../platform/a.ts', '../app.ts'],
    ...['../server.ts', 'node:http', SDK],
  ],
  'src/demo/a.ts': ['../tools/a.ts', '../stdio/a.ts', '../http/a.ts', '../platform/a.ts', '../app.ts', 'node:fs', SDK],
  'src/platform/a.ts': ['../tools/a.ts', '../stdio/a.ts', '../http/a.ts', '../demo/a.ts', '../server.ts', SDK],
  'src/stdio/a.ts': [
    '../tools/a.ts',
    '../sequence/a.ts',
    '../http/a.ts',
    '../demo/a.ts',
    '../platform/a.ts',
    '../cli.ts',
  ],
  'src/http/a.ts': ['../tools/a.ts', '../stdio/a.ts', '../demo/a.ts', '../platform/a.ts', '../cli.ts', 'node:http'],
  'src/http/listen.ts': ['../tools/a.ts', '../stdio/a.ts', '../demo/a.ts', '../platform/a.ts', '../cli.ts'],
  'src/http/serve.ts': ['../tools/a.ts', '../stdio/a.ts', '../demo/a.ts', '../platform/a.ts', '../cli.ts'],
  'src/cli.ts': ['./tools/a.ts', './sequence/a.ts', SDK],
  'src/worker.ts': ['./tools/a.ts', './stdio/a.ts', './demo/a.ts', './platform/a.ts', './cli.ts', 'node:crypto', SDK],
};

/** Globals that each file must not read. */
const GLOBALS: Record<string, readonly string[]> = {
  'src/app.ts': ['fetch', 'process', 'globalThis'],
  'src/tools/a.ts': ['fetch', 'process', 'globalThis'],
  'src/sequence/a.ts': ['fetch', 'process', 'globalThis'],
  'src/demo/a.ts': ['fetch', 'process', 'globalThis'],
  'src/http/a.ts': ['fetch', 'process', 'globalThis'],
  'src/stdio/a.ts': ['fetch'],
  'src/http/listen.ts': ['fetch'],
  'src/http/serve.ts': ['fetch'],
  'src/cli.ts': ['fetch'],
  'src/worker.ts': ['process', 'globalThis'],
};

/** One line of a file, and the rule that it breaks; nothing where it is allowed. */
interface Line {
  readonly path: string;
  readonly text: string;
  readonly breaks: string | undefined;
}
const importing = (path: string, target: string, breaks?: string): Line => {
  return { path, text: `import '${target}';`, breaks };
};
const saying = (path: string, expression: string, breaks?: string): Line => {
  return { path, text: `export const x = ${expression};`, breaks };
};
const each = (table: Record<string, readonly string[]>, line: typeof importing, rule: string) =>
  Object.entries(table).flatMap(([path, names]) => names.map((name) => line(path, name, rule)));

const LINES: readonly Line[] = [
  ...each(ARROWS, importing, 'noRestrictedImports'),
  ...each(GLOBALS, saying, 'noRestrictedGlobals'),
  saying('src/app.ts', 'console.log(1)', 'noConsole'),
  saying('src/app.ts', '1 as any', 'noExplicitAny'),
  saying('src/platform/a.ts', 'process.env', 'noProcessEnv'),
  saying('src/cli.ts', 'process.env'),
  importing('src/cli.ts', './platform/a.ts'),
  importing('src/platform/a.ts', 'node:http'),
  saying('src/platform/a.ts', 'globalThis.fetch'),
  importing('src/http/listen.ts', 'node:http'),
  importing('src/http/listen.ts', './a.ts'),
  importing('src/server.ts', './tools/a.ts'),
  importing('src/server.ts', SDK),
  importing('src/tools/a.ts', '../sequence/a.ts'),
  importing('src/worker.ts', './http/a.ts'),
];

describe('the linter', () => {
  let folder: string;
  let found: { category: string; location: { path: string; start: { line: number } } }[];
  const linesOf = (path: string) => LINES.filter((line) => line.path === path);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guards-'));
    for (const name of ['biome.json', 'package.json']) await cp(at(name), join(folder, name));
    for (const path of new Set(LINES.map((line) => line.path))) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(
        join(folder, path),
        linesOf(path)
          .map(({ text }) => `${text}\n`)
          .join(''),
      );
    }
    const flags = ['lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none'];
    const biome = at('node_modules/@biomejs/biome/bin/biome');
    const { stdout } = spawnSync(process.execPath, [biome, ...flags], { cwd: folder, encoding: 'utf8' });
    found = JSON.parse(stdout).diagnostics;
  });
  afterAll(() => rm(folder, { recursive: true }));

  const RULES = /^no(Console|ExplicitAny|ProcessEnv|RestrictedImports|RestrictedGlobals)$/;

  it.each(LINES.map((line) => [line.breaks ?? 'leaves alone', line.path, line.text, line] as const))(
    '%s, %s: %s',
    (_, path, __, line) => {
      const number = linesOf(path).indexOf(line) + 1;
      const rules = found
        .filter(({ location }) => location.path.endsWith(path) && location.start.line === number)
        .map(({ category }) => category.split('/').at(-1) ?? '')
        .filter((rule) => RULES.test(rule));
      expect(rules).toEqual(line.breaks ? [line.breaks] : []);
    },
  );
});
