import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { median, quantile } from './statistics.ts';

/** A row of the report. */
export interface Figure {
  /** The name with its unit. An indented figure has no goal and serves for comparison. */
  readonly name: string;
  /** The goal, for the median of all rounds. */
  readonly atMost?: number;
  /** Decimal places; 2 by default. */
  readonly digits?: number;
}

/** Figures measured together. */
export interface Part<Key extends string = string> {
  readonly figures: Readonly<Record<Key, Figure>>;
  readonly rounds: number;
  /** One round: a value for each figure. */
  readonly measure: () => Promise<Readonly<Record<Key, number>>>;
}

/** A figure that could not be measured misses its goal. */
export const isMet = ({ atMost = Infinity }: Figure, value: number): boolean => value <= atMost;

export function describeMachine(): string {
  const [core] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus().length} × ${core?.model.trim()}, ${platform()} ${arch()}, node ${process.versions.node}`;
}

/** A line for each figure: its goal, the median of all rounds, and their quartiles if they differ. */
export function toText(name: string, { figures }: Part, rounds: readonly Readonly<Record<string, number>>[]): string {
  const line = (first: string, goal: string, values: string) => `${first.padEnd(48)}${goal.padEnd(9)}${values}\n`;
  const rows = Object.entries(figures).map(([key, figure]) => {
    const { atMost, digits = 2 } = figure;
    const values = rounds.map((round) => round[key] ?? Number.NaN);
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(digits));
    const goal = atMost === undefined ? '' : `≤ ${atMost}${isMet(figure, median(values)) ? '' : ' ✗'}`;
    return line(figure.name, goal, low === high ? `${middle}` : `${middle}  ${low}–${high}`);
  });
  return line(name, 'goal', 'median') + rows.join('');
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
