import { definePart } from './part.ts';
import { loop, rawFetch, server } from './programs.ts';
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

/** What 8 requests in flight at an upstream that takes 100 ms allow; a whole number of eights. */
const ALLOWED_PER_SECOND = 80;
const SLOW_CALLS = 240;
const IN_FLIGHT = 32;

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
    rate: { name: 'calls/s, 32 in flight, at 100 ms ÷ 8 in flight', atLeast: 0.97, digits: 3 },
    memory: { name: 'peak memory after 200 calls ÷ 200 raw fetches', atMost: 0.85 },
    memoryMb: { name: '  peak memory after 200 calls, MB', digits: 1 },
    rawMemoryMb: { name: '  peak memory after 200 raw fetches, MB', digits: 1 },
  },
  rounds: { full: 11, quick: 3 },
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

    const patient = await open(server(runtime, `${upstream}/slow`));
    await timeCalls(patient, Array(IN_FLIGHT).fill(LIST_25));
    const took = await timeCalls(patient, Array(SLOW_CALLS).fill(LIST_25), IN_FLIGHT);
    await patient.end();
    const rate = SLOW_CALLS / (took / 1_000) / ALLOWED_PER_SECOND;
    return { list25, list100, find, loop25, rate, memory: memoryMb / rawMemoryMb, memoryMb, rawMemoryMb };
  },
});
