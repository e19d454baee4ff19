import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import type { Figure, Part, Values } from './part.ts';
import { commandOf, RUNTIMES, type Runtime } from './programs.ts';
import { median, quantile } from './statistics.ts';

/** The values of all rounds by runtime. */
export type Rounds = ReadonlyMap<Runtime, readonly Values[]>;

/** Rows of cells, the first one the heading: a row a figure, with its goal, and the median and quartiles of all rounds. */
export function toTable({ figures, once }: Part, rounds: Rounds): string[][] {
  const rows = Object.entries(figures).map(([key, figure]) => {
    const columns = [...rounds.values()].map((values) => values.map((value) => value[key] ?? Number.NaN));
    const missed = rounds.has('node') && !isMet(figure, median(columns[0] ?? []));
    const cells = columns.map((values) => spread(values, figure.digits));
    return [figure.name, `${goalOf(figure)}${missed ? ' ✗' : ''}`, ...cells];
  });
  return [['', 'goal', ...(once ? ['ours'] : rounds.keys())], ...rows];
}

function goalOf({ atMost, atLeast }: Figure): string {
  if (atMost !== undefined) return `≤ ${atMost}`;
  return atLeast === undefined ? '' : `≥ ${atLeast}`;
}

/** What could not be measured meets no goal. */
export function isMet({ atMost, atLeast }: Figure, value: number): boolean {
  return (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
}

function spread(values: readonly number[], digits = 2): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(digits));
  return low === high ? `${middle}` : `${middle} ${low}–${high}`;
}

export function machine(): string {
  const versions = RUNTIMES.map((runtime) => {
    const [, version] = /(\d+\.\d+\.\d+)/.exec(execFileSync(commandOf(runtime), ['--version']).toString()) ?? [];
    return `${runtime} ${version}`;
  });
  const cores = cpus();
  return `${new Date().toISOString().slice(0, 10)}, ${cores.length} × ${cores[0]?.model.trim()}, ${platform()} ${arch()}, ${versions.join(', ')}`;
}

const WIDTHS = [49, 9, 20, 20];

export function toText(table: readonly string[][]): string {
  const line = (cells: string[]) => cells.map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0)).join('');
  return table.map((cells) => `${line(cells).trimEnd()}\n`).join('');
}

const DOCUMENT = 'docs/PERFORMANCE.md';
const MARKED = /(<!-- bench -->)[\s\S]*(<!-- \/bench -->)/;

/** Puts a report between the document's markers. */
export function writeDocument(report: string): void {
  const document = readFileSync(DOCUMENT, 'utf8');
  if (!MARKED.test(document)) throw new Error(`${DOCUMENT} has lost its markers.`);
  const marked = (_: string, start: string, end: string) => `${start}\n\n\`\`\`text\n${report}\`\`\`\n\n${end}`;
  writeFileSync(DOCUMENT, document.replace(MARKED, marked));
}
