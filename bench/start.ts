import { once } from 'node:events';
import { at } from '../test/support/programs.ts';
import type { Part } from './report.ts';
import { openSession, serverEnv, spawnNode, time } from './session.ts';

/** A closed port: a server that only lists its tools never connects. */
const ENV = serverEnv('http://127.0.0.1:9');

/** From spawn to the first `tools/list`. */
async function timeStart(script: string): Promise<number> {
  const begun = performance.now();
  await using session = await openSession(script, ENV);
  return session.openedAt - begun;
}

/** `npm run bench` compiles the other programs. */
export const start = {
  figures: {
    own: { name: 'first tools/list ÷ node -e 0', atMost: 3.4 },
    ahead: { name: 'first tools/list ÷ that of the fastest peer', atMost: 1 },
    bundledV2: { name: '  peer on SDK v2, bundled into one file' },
    v2: { name: '  peer on SDK v2, as installed' },
    v1: { name: '  peer on SDK v1, as installed' },
    loop: { name: '  hand-written loop without an SDK' },
    bare: { name: '  node -e 0, ms', digits: 1 },
  },
  rounds: 25,
  async measure() {
    const bare = await time(() => once(spawnNode(['-e', '0']), 'exit'));
    const own = await timeStart(at('dist/cli.cjs'));
    const bundledV2 = await timeStart(at('bench/dist/bundled/peer-v2.js'));
    const v2 = await timeStart(at('bench/dist/peer-v2.js'));
    const v1 = await timeStart(at('bench/dist/peer-v1.js'));
    const loop = await timeStart(at('bench/dist/loop.js'));
    return {
      own: own / bare,
      ahead: own / Math.min(bundledV2, v2, v1),
      bundledV2: bundledV2 / bare,
      v2: v2 / bare,
      v1: v1 / bare,
      loop: loop / bare,
      bare,
    };
  },
} satisfies Part;
