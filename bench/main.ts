// npm run bench -- [--quick] [--only start,call,flat,size,tokens] [--runtime node,bun,deno] [--write]
import { parseArgs } from 'node:util';
import { type Figures, measureCalls, measureFlatness, measureStart } from './measure.ts';
import { RUNTIMES, type Runtime, upstream } from './programs.ts';
import { figureTable, machine, sizeTable, tokenTable, toText, writeDocument } from './report.ts';
import { Session } from './session.ts';
import { measureTokens } from './tokens.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    runtime: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
if (options.write && (options.quick || options.only || options.runtime)) {
  throw new Error('--write publishes a full run: give it without other options.');
}
const runtimes = RUNTIMES.filter((runtime) => !options.runtime || options.runtime.split(',').includes(runtime));
const wanted = (part: string) => !options.only || options.only.split(',').includes(part);

const rounds: Record<Runtime, Figures[]> = { node: [], bun: [], deno: [] };

/** Runtimes take turns, so that whatever else the machine does meets all of them. */
async function measure(count: number, work: (runtime: Runtime) => Promise<Figures>): Promise<void> {
  for (let round = 0; round < count; round++) {
    for (const runtime of runtimes) rounds[runtime].push(await work(runtime));
  }
}

process.stdout.write(`${machine()}\n`);
const sequence = new Session(upstream());
const url = (await sequence.ask([''])).trim();
if (wanted('start')) await measure(options.quick ? 9 : 41, measureStart);
if (wanted('call')) await measure(options.quick ? 3 : 11, (runtime) => measureCalls(runtime, url));
if (wanted('flat')) await measure(options.quick ? 1 : 5, (runtime) => measureFlatness(runtime, url));
await sequence.end();

const tables = [
  ...(runtimes.some((runtime) => rounds[runtime].length > 0) ? [figureTable(rounds, runtimes)] : []),
  ...(wanted('size') ? [sizeTable()] : []),
  ...(wanted('tokens') ? [tokenTable(await measureTokens())] : []),
];
process.stdout.write(`${toText(tables)}\n`);
if (options.write) writeDocument(`${machine()}\n${toText(tables)}`);
