import { bare, echo, type Program, type Runtime, rawFetch, server } from './programs.ts';
import { HANDSHAKE, runToEnd, Session, toolCall } from './session.ts';
import { median } from './statistics.ts';

/** One round's figures, by the name of the row in the report. */
export type Figures = Record<string, number>;

const WARM_UP_CALLS = 200;
const PAIRS = 60;
const BURST = 1_000;
const IN_FLIGHT = 32;

/** Calls and the page that each of them needs from Sequence. */
const CALLS = {
  'list call of 25': ['list_customer_aliases', { limit: 25 }, '?limit=25'],
  'list call of 100': ['list_customer_aliases', { limit: 100 }, '?limit=100'],
  'find call': ['find_customer_by_alias', { alias: 'crm-1042' }, '?limit=100&value=crm-1042'],
} as const;

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The first life of a process: to the first `tools/list` reply, its memory then, and from a closed stdin to its exit. */
async function life(program: Program) {
  let session: Session | undefined;
  const reply = await time(() => {
    session = new Session(program);
    return session.ask(HANDSHAKE, HANDSHAKE.length, 2);
  });
  return { reply, memory: session?.peakMemory() ?? Number.NaN, exit: await time(async () => session?.end()) };
}

export async function measureStart(runtime: Runtime): Promise<Figures> {
  const nothing = await time(() => runToEnd(bare(runtime)));
  const minimal = await life(echo(runtime));
  const own = await life(server(runtime));
  return {
    'first tools/list ÷ bare runtime': own.reply / nothing,
    'echo script ÷ bare runtime': minimal.reply / nothing,
    'first tools/list ÷ echo script': own.reply / minimal.reply,
    'closed stdin, spawn to exit ÷ bare': (await time(() => runToEnd(server(runtime)))) / nothing,
    'closing stdin to exit ÷ echo script': own.exit / minimal.exit,
    'closing stdin to exit, ms': own.exit,
    'peak memory after start, MB': own.memory,
    'bare runtime, ms': nothing,
  };
}

export async function measureCalls(runtime: Runtime, url: string): Promise<Figures> {
  const own = new Session(server(runtime, url));
  const raw = new Session(rawFetch(runtime, `${url}/customer-aliases`));
  await own.ask(HANDSHAKE, HANDSHAKE.length, 2);
  const figures: Figures = {};

  const [name, args, path] = CALLS['list call of 100'];
  for (let call = 0; call < WARM_UP_CALLS; call++) {
    await own.ask([toolCall(name, args)]);
    await raw.ask([path]);
  }
  figures['peak memory after 200 calls, MB'] = own.peakMemory();
  figures['raw fetches after 200, MB'] = raw.peakMemory();

  for (const [row, [name, args, path]] of Object.entries(CALLS)) {
    const call = toolCall(name, args);
    const answer = await own.ask([call]);
    if (!answer.includes('"structuredContent"')) throw new Error(answer);
    const ownTimes: number[] = [];
    const rawTimes: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      ownTimes.push(await time(() => own.ask([call])));
      rawTimes.push(await time(() => raw.ask([path])));
    }
    figures[`${row} ÷ raw fetch`] = median(ownTimes) / median(rawTimes);
    if (row === 'list call of 25') figures['raw fetch of 25, ms'] = median(rawTimes);
  }

  const [burstName, burstArgs, burstPath] = CALLS['list call of 25'];
  const calls = Array<string>(BURST).fill(toolCall(burstName, burstArgs));
  const fetches = Array<string>(BURST).fill(burstPath);
  const ownBurst = await time(() => own.ask(calls, IN_FLIGHT));
  const rawBurst = await time(() => raw.ask(fetches, IN_FLIGHT));
  figures['1,000 calls, 32 in flight, calls/s ÷ raw'] = rawBurst / ownBurst;

  await Promise.all([own.end(), raw.end()]);
  return figures;
}
