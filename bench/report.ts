import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import type { Figures } from './measure.ts';
import { commands, RUNTIMES, type Runtime } from './programs.ts';
import { quantile } from './statistics.ts';
import type { Tokens } from './tokens.ts';

const GOALS: Record<string, string> = {
  'first tools/list ÷ bare runtime': '≤ 3.5',
  'list call of 25 ÷ raw fetch': '≤ 1.7',
  'list call of 100 ÷ raw fetch': '≤ 2.0',
  '1,000 calls, 32 in flight, calls/s ÷ raw': '≥ 0.7',
  'peak memory after 200 calls, MB': '≤ 90',
  'upstream requests for a found in 100,000': '1',
  'installed size, MB': '≤ 0.4',
  'packages installed': '1',
  'tools/list, both tools': '≤ 800',
  'page of 100': '≤ 40 %',
  'found, median': '≤ 80',
};

/** Rows of cells, the first one the heading. */
type Table = string[][];

/** A row a figure: its goal, and by runtime the median and quartiles of all rounds. */
export function figureTable(rounds: Record<Runtime, Figures[]>, runtimes: readonly Runtime[]): Table {
  const rows = new Set(runtimes.flatMap((runtime) => rounds[runtime].flatMap(Object.keys)));
  return [
    ['median quartiles', 'goal', ...runtimes],
    ...[...rows].map((row) => [
      row,
      GOALS[row] ?? '',
      ...runtimes.map((runtime) => spread(rounds[runtime].flatMap((figures) => figures[row] ?? []))),
    ]),
  ];
}

function spread(values: readonly number[]): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => {
    const value = quantile(values, share);
    return Number.isInteger(value) ? `${value}` : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
  });
  return low === high ? `${middle}` : `${middle} ${low}–${high}`;
}

export function tokenTable(figures: Record<string, Tokens>): Table {
  return [
    ['o200k tokens', 'goal', 'ours', "Sequence's", 'ours ÷ theirs'],
    ...Object.entries(figures).map(([row, { tokens, sequence }]) => [
      row,
      GOALS[row] ?? '',
      `${tokens}`,
      sequence === undefined ? '' : `${sequence}`,
      sequence === undefined ? '' : (tokens / sequence).toFixed(3),
    ]),
  ];
}

/** What `npm install` unpacks; npm answers for the package as it would be published. */
export function sizeTable(): Table {
  const pack = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
  const [{ unpackedSize }] = JSON.parse(pack);
  const { dependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'));
  const rows: [string, number][] = [
    ['installed size, MB', unpackedSize / 1e6],
    ['packages installed', 1 + Object.keys(dependencies).length],
  ];
  return [['package', 'goal', 'ours'], ...rows.map(([row, value]) => [row, GOALS[row] ?? '', spread([value])])];
}

export function machine(): string {
  const versions = RUNTIMES.map((runtime) => {
    const [, version] = /(\d+\.\d+\.\d+)/.exec(execFileSync(commands[runtime], ['--version']).toString()) ?? [];
    return `${runtime} ${version}`;
  });
  const cores = cpus();
  return `${new Date().toISOString().slice(0, 10)}, ${cores.length} × ${cores[0]?.model.trim()}, ${platform()} ${arch()}, ${versions.join(', ')}`;
}

const WIDTHS = [44, 7, 16, 16];

export function toText(tables: readonly Table[]): string {
  const line = (cells: string[]) => cells.map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0)).join('');
  return tables.map((table) => table.map((cells) => `\n${line(cells).trimEnd()}`).join('')).join('\n');
}

const DOCUMENT = 'docs/PERFORMANCE.md';
const MARKED = /(<!-- bench -->)[\s\S]*(<!-- \/bench -->)/;

/** Puts a report between the document's markers. */
export function writeDocument(report: string): void {
  const document = readFileSync(DOCUMENT, 'utf8');
  if (!MARKED.test(document)) throw new Error(`${DOCUMENT} has lost its markers.`);
  const marked = (_: string, start: string, end: string) => `${start}\n\n\`\`\`text\n${report}\n\`\`\`\n\n${end}`;
  writeFileSync(DOCUMENT, document.replace(MARKED, marked));
}
