// npm run bench -- [--only start,call,replica,worker,size,tokens] [--write]
// Runs on Node, since the goals are for Node.
import { parseArgs } from 'node:util';
import { call } from './call.ts';
import { replica } from './replica.ts';
import { describeMachine, type Part, toText, writeDocument } from './report.ts';
import { size } from './size.ts';
import { start } from './start.ts';
import { tokens } from './tokens.ts';
import { worker } from './worker.ts';

const PARTS: Record<string, Part> = { start, call, replica, worker, size, tokens };

const { values } = parseArgs({
  options: { only: { type: 'string', default: Object.keys(PARTS).join() }, write: { type: 'boolean' } },
});
const only = values.only.split(',');
const unknown = only.find((name) => !PARTS[name]);
if (unknown) throw new Error(`There is no part ${unknown}, only ${Object.keys(PARTS).join(', ')}.`);

let report = `${describeMachine()}\n`;
process.stdout.write(report);
for (const [name, part] of Object.entries(PARTS)) {
  if (!only.includes(name)) continue;
  const rounds: Record<string, number>[] = [];
  while (rounds.length < part.rounds) rounds.push(await part.measure());
  const table = `\n${toText(name, part, rounds)}`;
  process.stdout.write(table);
  report += table;
}
if (values.write) writeDocument(report);
