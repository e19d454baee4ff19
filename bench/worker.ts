import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { at } from '../test/support/programs.ts';
import { startLocalWorker } from '../test/support/worker.ts';
import type { Part } from './report.ts';

export const worker = {
  figures: {
    size: { name: 'gzipped, kB', atMost: 120, digits: 1 },
    start: { name: 'start of workerd to the first answer, s', atMost: 1 },
  },
  rounds: 5,
  async measure() {
    const size = gzipSync(readFileSync(at('dist/worker.js'))).length / 1e3;
    const begun = performance.now();
    await using server = await startLocalWorker('http://127.0.0.1:9');
    await fetch(new URL('/healthz', server.url));
    return { size, start: (performance.now() - begun) / 1_000 };
  },
} satisfies Part;
