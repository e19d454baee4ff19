import { definePart } from './part.ts';
import { bare, loop, type Program, server } from './programs.ts';
import { open, Session, time } from './session.ts';

/** Where nobody listens; a server that only lists its tools does not notice. */
const NOWHERE = 'http://127.0.0.1:9';

/** A process that only lists its tools: how long that takes from spawn, and its memory then. */
async function listTools(program: Program) {
  const begun = performance.now();
  const session = await open(program);
  const took = performance.now() - begun;
  const memory = session.peakMemory();
  await session.end();
  return { took, memory };
}

export const start = definePart({
  figures: {
    list: { name: 'first tools/list ÷ bare runtime', atMost: 2.5 },
    bare: { name: '  bare runtime, ms', digits: 1 },
    loop: { name: '  first tools/list of hand-written loop ÷ bare' },
    memory: { name: 'peak memory after start, MB', digits: 1 },
  },
  rounds: { full: 21, quick: 9 },
  async measure(runtime) {
    const idle = () => time(() => new Session(bare(runtime)).end());
    // The first process after another runtime's is slower, so it is not counted.
    await idle();
    const nothing = await idle();
    const least = await listTools(loop(runtime, NOWHERE));
    const own = await listTools(server(runtime, NOWHERE));
    return { list: own.took / nothing, bare: nothing, loop: least.took / nothing, memory: own.memory };
  },
});
