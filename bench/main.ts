// npm run bench -- [--quick] [--only start,call,flat,size,tokens] [--runtime node,bun,deno] [--write]
import { parseArgs } from 'node:util';
import { call } from './call.ts';
import { flat } from './flat.ts';
import type { Part, Values } from './part.ts';
import { RUNTIMES, type Runtime, upstream } from './programs.ts';
import { machine, type Rounds, toTable, toText, writeDocument } from './report.ts';
import { Session } from './session.ts';
import { size } from './size.ts';
import { start } from './start.ts';
import { tokens } from './tokens.ts';

const PARTS: Record<string, Part> = { start, call, flat, size, tokens };

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(PARTS).join() },
    runtime: { type: 'string', default: RUNTIMES.join() },
    write: { type: 'boolean', default: false },
  },
});
const only = options.only.split(',');
const runtimes = RUNTIMES.filter((runtime) => options.runtime.split(',').includes(runtime));
const whole =
  !options.quick && Object.keys(PARTS).every((name) => only.includes(name)) && runtimes.length === RUNTIMES.length;
if (options.write && !whole) throw new Error('--write publishes a full run: give it without other options.');

/** Runtimes take turns, so that whatever else the machine does meets all of them. */
async function measure({ once, rounds, measure }: Part, url: string): Promise<Rounds> {
  const values = new Map<Runtime, Values[]>((once ? ['node' as const] : runtimes).map((runtime) => [runtime, []]));
  for (let round = 0; round < (options.quick ? rounds.quick : rounds.full); round++) {
    for (const [runtime, soFar] of values) soFar.push(await measure(runtime, url));
  }
  return values;
}

let report = `${machine()}\n`;
process.stdout.write(report);
const sequence = new Session(upstream());
const url = (await sequence.ask([''])).trim();
for (const name of only) {
  const part = PARTS[name];
  if (!part) throw new Error(`There is no part ${name}, only ${Object.keys(PARTS).join(', ')}.`);
  const table = `\n${name}\n${toText(toTable(part, await measure(part, url)))}`;
  process.stdout.write(table);
  report += table;
}
await sequence.end();
if (options.write) writeDocument(report);
