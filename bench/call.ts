import { definePart } from './part.ts';
import { loop, type Runtime, rawFetch, server } from './programs.ts';
import { open, Session, time, toolCall } from './session.ts';
import { median } from './statistics.ts';

const WARM_UP_CALLS = 200;
const PAIRS = 60;

const list = (args: object) => toolCall('list_customer_aliases', args);
const LIST_25 = list({ limit: 25 });
const LIST_100 = list({ limit: 100 });
const FIND = toolCall('find_customer_by_alias', { alias: 'crm-1042' });
/** The page from which a find answers, for the loop, which cannot find. */
const PAGE_OF_FIND = list({ value: 'crm-1042', limit: 100 });

/** Calls at once, of which the server lets 8 through to Sequence. */
const IN_FLIGHT = 32;
const ALLOWED = 8;
const SLOW_CALLS = 80;
const SLOW_TURNS = 3;

/** The milliseconds of calls, which must all succeed: an error is an answer too, and a quick one. */
async function timeCalls(session: Session, calls: readonly string[], inFlight?: number): Promise<number> {
  let answers = '';
  const took = await time(async () => (answers = await session.ask(calls, inFlight)));
  const error = answers.split('\n').find((line) => line.includes('"isError":true'));
  if (error) throw new Error(error);
  return took;
}

export const call = definePart({
  figures: {
    list25: { name: 'list call of 25 ÷ hand-written loop', atMost: 1.2 },
    list100: { name: 'list call of 100 ÷ hand-written loop', atMost: 1.2 },
    find: { name: 'find call ÷ list of its page, hand-written loop' },
    loop25: { name: '  list call of 25, hand-written loop, ms' },
    rate: { name: 'calls/s, 32 in flight ÷ 8 raw fetches, at 100 ms', atLeast: 0.97, digits: 3 },
    rawRate: { name: '  8 raw fetches in flight, at 100 ms, per second', digits: 1 },
    memory: { name: 'peak memory after 200 calls ÷ 200 raw fetches', atMost: 0.85 },
    memoryMb: { name: '  peak memory after 200 calls, MB', digits: 1 },
    rawMemoryMb: { name: '  peak memory after 200 raw fetches, MB', digits: 1 },
  },
  rounds: { full: 5, quick: 3 },
  async measure(runtime, upstream) {
    const own = await open(server(runtime, `${upstream}/small`));
    const least = await open(loop(runtime, `${upstream}/small`));
    const raw = new Session(rawFetch(runtime, `${upstream}/small`));
    for (let round = 0; round < WARM_UP_CALLS; round++) {
      await timeCalls(own, [LIST_25]);
      await timeCalls(least, [LIST_25]);
      await raw.ask(['limit=25']);
    }
    const [memoryMb, rawMemoryMb] = [own.peakMemory(), raw.peakMemory()];
    await raw.end();

    const pairs = async (ownCall: string, leastCall = ownCall) => {
      const ownTimes: number[] = [];
      const leastTimes: number[] = [];
      for (let pair = 0; pair < PAIRS; pair++) {
        ownTimes.push(await timeCalls(own, [ownCall]));
        leastTimes.push(await timeCalls(least, [leastCall]));
      }
      return { ratio: median(ownTimes) / median(leastTimes), least: median(leastTimes) };
    };
    const { ratio: list25, least: loop25 } = await pairs(LIST_25);
    const { ratio: list100 } = await pairs(LIST_100);
    const { ratio: find } = await pairs(FIND, PAGE_OF_FIND);
    await Promise.all([own.end(), least.end()]);

    const { rate, rawRate } = await measureRate(runtime, `${upstream}/slow`);
    return { list25, list100, find, loop25, rate, rawRate, memory: memoryMb / rawMemoryMb, memoryMb, rawMemoryMb };
  },
});

/** At an upstream that takes its time, where calls at once wait for nothing but their turn. */
async function measureRate(runtime: Runtime, url: string) {
  const own = await open(server(runtime, url));
  const raw = new Session(rawFetch(runtime, url));
  const askOwn = (calls: number) => timeCalls(own, Array(calls).fill(LIST_25), IN_FLIGHT);
  const askRaw = (calls: number) => time(() => raw.ask(Array(calls).fill('limit=25'), ALLOWED));
  await askOwn(IN_FLIGHT);
  await askRaw(IN_FLIGHT);
  let [ownTime, rawTime] = [0, 0];
  for (let turn = 0; turn < SLOW_TURNS; turn++) {
    ownTime += await askOwn(SLOW_CALLS);
    rawTime += await askRaw(SLOW_CALLS);
  }
  await Promise.all([own.end(), raw.end()]);
  return { rate: rawTime / ownTime, rawRate: (SLOW_TURNS * SLOW_CALLS * 1_000) / rawTime };
}
