// Maps a stack of the built program to the source, with the source maps of the same version:
// bun scripts/original-stack.ts <folder of source maps> < stack.txt
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('Usage: bun scripts/original-stack.ts <folder of source maps>');

/** A built file, a line and a column, both counted from 1, as in every runtime's stacks. */
const PLACE = /[^\s()]*?([\w-]+\.cjs):(\d+):(\d+)/g;

function original(place: string, file: string, line: string, column: string): string {
  const path = join(folder ?? '', `${file}.map`);
  if (!existsSync(path)) return place;
  const entry = new SourceMap(JSON.parse(readFileSync(path, 'utf8'))).findEntry(Number(line) - 1, Number(column) - 1);
  if (!('originalSource' in entry)) return place;
  return `${entry.originalSource.replace(/^(\.\.\/)+/, '')}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

process.stdout.write((await text(process.stdin)).replace(PLACE, original));
