// npm run bench -- [--quick] [--only start,call] [--runtime node,bun,deno]
import { parseArgs } from 'node:util';
import { type Figures, measureCalls, measureStart } from './measure.ts';
import { RUNTIMES, upstream } from './programs.ts';
import { Session } from './session.ts';
import { median, quantile } from './statistics.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'start,call' },
    runtime: { type: 'string', default: RUNTIMES.join() },
  },
});
const runtimes = RUNTIMES.filter((runtime) => options.runtime.split(',').includes(runtime));
const wanted = new Set(options.only.split(','));

const rounds = { node: [] as Figures[], bun: [] as Figures[], deno: [] as Figures[] };
/** Runtimes take turns, so that whatever else the machine does meets all of them. */
async function measure(count: number, work: (runtime: (typeof RUNTIMES)[number]) => Promise<Figures>): Promise<void> {
  for (let round = 0; round < count; round++) {
    for (const runtime of runtimes) rounds[runtime].push(await work(runtime));
  }
}

const sequence = new Session(upstream());
const url = (await sequence.ask([''])).trim();
if (wanted.has('start')) await measure(options.quick ? 7 : 31, measureStart);
if (wanted.has('call')) await measure(options.quick ? 3 : 11, (runtime) => measureCalls(runtime, `${url}/small`));
await sequence.end();

const rows = new Set(Object.values(rounds).flatMap((figures) => figures.flatMap(Object.keys)));
const line = (label: string, cells: string[]) =>
  `${[label.padEnd(41), ...cells.map((c) => c.padEnd(18))].join(' ').trimEnd()}\n`;
process.stdout.write(line('median (quartiles)', runtimes));
for (const row of rows) {
  const cells = runtimes.map((runtime) => {
    const values = rounds[runtime].flatMap((figures) => figures[row] ?? []);
    const [low, middle, high] = [quantile(values, 0.25), median(values), quantile(values, 0.75)].map((v) =>
      v.toPrecision(3),
    );
    return `${middle} (${low}–${high})`;
  });
  process.stdout.write(line(row, cells));
}
