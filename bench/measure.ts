import { bare, echo, type Program, type Runtime, rawFetch, server } from './programs.ts';
import { open, Session, toolCall } from './session.ts';
import { median } from './statistics.ts';

/** One round's figures, by the name of their row in the report; indented rows are what others were divided by. */
export type Figures = Record<string, number>;

const WARM_UP_CALLS = 200;
const PAIRS = 60;
const BURST = 1_000;
const IN_FLIGHT = 32;

/** Calls, and the page that each of them needs from Sequence. */
const LIST_25 = [toolCall('list_customer_aliases', { limit: 25 }), '?limit=25'] as const;
const CALLS = {
  'list call of 25': LIST_25,
  'list call of 100': [toolCall('list_customer_aliases', { limit: 100 }), '?limit=100'],
  'find call': [toolCall('find_customer_by_alias', { alias: 'crm-1042' }), '?limit=100&value=crm-1042'],
} as const;

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The time of calls, which must all succeed: an error is an answer too, and a quick one. */
async function timeCalls(session: Session, calls: readonly string[], inFlight?: number): Promise<number> {
  let answers = '';
  const took = await time(async () => (answers = await session.ask(calls, inFlight)));
  if (answers.includes('"isError":true'))
    throw new Error(answers.split('\n').find((line) => line.includes('"isError"')));
  return took;
}

/** From spawn to exit with nothing on stdin. */
const idle = (program: Program) => time(() => new Session(program).end());

/** A process that only lists its tools: how long that takes, its memory then, and from a closed stdin to its exit. */
async function life(program: Program) {
  const start = performance.now();
  const session = await open(program);
  const reply = performance.now() - start;
  return { reply, memory: session.peakMemory(), exit: await time(() => session.end()) };
}

export async function measureStart(runtime: Runtime): Promise<Figures> {
  // The first process after another runtime's is slower, so it is not counted.
  await idle(bare(runtime));
  const nothing = await idle(bare(runtime));
  const least = await life(echo(runtime));
  const own = await life(server(runtime));
  return {
    'first tools/list ÷ bare runtime': own.reply / nothing,
    'first tools/list ÷ echo script': own.reply / least.reply,
    'spawn to exit, stdin closed ÷ bare runtime': (await idle(server(runtime))) / nothing,
    'closing stdin to exit ÷ echo script': own.exit / least.exit,
    'peak memory after start, MB': own.memory,
    '  bare runtime, ms': nothing,
    '  echo script ÷ bare runtime': least.reply / nothing,
    '  echo script, closing stdin to exit, ms': least.exit,
  };
}

export async function measureCalls(runtime: Runtime, upstream: string): Promise<Figures> {
  const own = await open(server(runtime, `${upstream}/small`));
  const raw = new Session(rawFetch(runtime, `${upstream}/small/customer-aliases`));
  const figures: Figures = {};

  const [listCall, listPath] = LIST_25;
  for (let call = 0; call < WARM_UP_CALLS; call++) {
    await timeCalls(own, [listCall]);
    await raw.ask([listPath]);
  }
  figures['peak memory after 200 calls, MB'] = own.peakMemory();
  figures['  200 raw fetches, MB'] = raw.peakMemory();

  for (const [row, [call, path]] of Object.entries(CALLS)) {
    const ownTimes: number[] = [];
    const rawTimes: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      ownTimes.push(await timeCalls(own, [call]));
      rawTimes.push(await time(() => raw.ask([path])));
    }
    figures[`${row} ÷ raw fetch`] = median(ownTimes) / median(rawTimes);
    if (path === listPath) figures['  raw fetch of 25, ms'] = median(rawTimes);
  }

  const ownBurst = await timeCalls(own, Array(BURST).fill(listCall), IN_FLIGHT);
  const rawBurst = await time(() => raw.ask(Array(BURST).fill(listPath), IN_FLIGHT));
  figures['1,000 calls, 32 in flight, calls/s ÷ raw'] = rawBurst / ownBurst;
  figures['peak memory after all these calls, MB'] = own.peakMemory();
  await Promise.all([own.end(), raw.end()]);
  return figures;
}

/** The times of three equal parts of a walk over all of an account's pages. */
async function walk(session: Session): Promise<number[]> {
  const times: number[] = [];
  let after: string | undefined;
  for (const pages of [333, 334, 333]) {
    const start = performance.now();
    for (let page = 0; page < pages; page++) {
      const answer = await session.ask([toolCall('list_customer_aliases', { limit: 100, after })]);
      after = JSON.parse(answer).result.structuredContent.page.after;
    }
    times.push(performance.now() - start);
  }
  if (after) throw new Error('The walk did not end on the last page.');
  return times;
}

/** Whether cost stays flat in an account of 100,000: a search in it, then three walks over all of its 1,000 pages. */
export async function measureFlatness(runtime: Runtime, upstream: string): Promise<Figures> {
  const requests = async () => Number(await (await fetch(`${upstream}/requests`)).text());
  const own = await open(server(runtime, `${upstream}/large`));
  const before = await requests();
  const found = await own.ask([toolCall('find_customer_by_alias', { alias: 'crm-1042.7' })]);
  if (!found.includes('"outcome":"found"')) throw new Error(found);
  const requestsOfFind = (await requests()) - before;

  // A process that is still warming up gets faster and larger whatever it does.
  await walk(own);
  await walk(own);
  const peakBefore = own.peakMemory();
  const [first = Number.NaN, , last = Number.NaN] = await walk(own);
  const peak = own.peakMemory();
  await own.end();
  return {
    'walk of 100,000: time, last ÷ first third': last / first,
    'walk of 100,000: peak MB, 3rd ÷ 2nd walk': peak / peakBefore,
    'upstream requests for a found in 100,000': requestsOfFind,
  };
}
