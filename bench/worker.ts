import { startLocalWorker } from '../test/support/worker.ts';
import type { Part } from './report.ts';

/** The Worker in workerd, the runtime of Cloudflare Workers, from the start of that to the first answer. */
export const worker = {
  figures: { start: { name: 'start in workerd to the first answer, s', atMost: 1 } },
  rounds: 5,
  async measure() {
    const begun = performance.now();
    await using server = await startLocalWorker('http://127.0.0.1:9');
    const { status } = await fetch(new URL('/healthz', server.url));
    if (status !== 200) throw new Error(`The Worker answers ${status}.`);
    return { start: (performance.now() - begun) / 1_000 };
  },
} satisfies Part;
