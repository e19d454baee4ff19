import { Endpoint } from './endpoint.ts';
import { definePart } from './part.ts';
import { bare, endpoint, proxy, type Runtime, server } from './programs.ts';
import { LIST_TOOLS, open, Session, time, toolCall } from './session.ts';
import { median } from './statistics.ts';

const LIST_25 = toolCall('list_customer_aliases', { limit: 25 });
const WARM_UP_CALLS = 200;
const PAIRS = 100;
const IN_FLIGHT = 32;
/** Of one turn, in which one of two programs is asked. */
const CALLS = 500;
const TURNS = 18;

export const http = definePart({
  figures: {
    list25: { name: 'list call of 25 over HTTP ÷ through stdio', atMost: 1.6 },
    rate: { name: 'calls/s, 32 in flight ÷ bare proxy', atLeast: 0.5 },
    core: { name: 'calls for a second of one core', digits: 0 },
    proxyRate: { name: '  bare proxy, 32 in flight, calls/s', digits: 0 },
    growth: { name: "memory growth, 1,000 to 10,000 ÷ bare proxy's", atMost: 1.1 },
    flat: { name: 'peak memory after 20,000 calls ÷ 10,000' },
    memoryMb: { name: '  peak memory after 10,000 calls, MB', digits: 1 },
    proxyGrowth: { name: '  bare proxy, peak memory, 10,000 ÷ 1,000 calls' },
    start: { name: 'first tools/list over HTTP ÷ bare runtime' },
  },
  rounds: { full: 2, quick: 1 },
  async measure(runtime, upstream) {
    const url = `${upstream}/small`;
    return {
      ...(await measureStart(runtime)),
      ...(await measureCalls(runtime, url)),
      ...(await measureLoad(runtime, url)),
    };
  },
});

async function measureStart(runtime: Runtime) {
  const idle = () => time(() => new Session(bare(runtime)).end());
  await idle();
  const nothing = await idle();
  let own: Endpoint | undefined;
  const took = await time(async () => {
    own = await Endpoint.start(endpoint(runtime, 'http://127.0.0.1:9'));
    await own.ask(LIST_TOOLS, 1);
  });
  await own?.end();
  return { start: took / nothing };
}

/** One call after the other, in turn with stdio's. */
async function measureCalls(runtime: Runtime, url: string) {
  const over = await Endpoint.start(endpoint(runtime, url));
  const through = await open(server(runtime, url));
  const overTimes: number[] = [];
  const throughTimes: number[] = [];
  for (let call = 0; call < WARM_UP_CALLS + PAIRS; call++) {
    overTimes.push(await time(() => over.ask(LIST_25, 1)));
    throughTimes.push(await time(() => through.ask([LIST_25])));
  }
  await Promise.all([over.end(), through.end()]);
  const [overHttp, throughStdio] = [overTimes, throughTimes].map((times) => median(times.slice(WARM_UP_CALLS)));
  return { list25: (overHttp ?? Number.NaN) / (throughStdio ?? Number.NaN) };
}

/** Many at once, in turn with the proxy, and what that leaves in memory. */
async function measureLoad(runtime: Runtime, url: string) {
  const own = await Endpoint.start(endpoint(runtime, url));
  const least = await Endpoint.start(proxy(runtime, url));
  const askOwn = (calls: number) => time(() => own.ask(LIST_25, calls, IN_FLIGHT));
  const askLeast = (calls: number) => time(() => least.ask(LIST_25, calls, IN_FLIGHT));
  await askOwn(1_000);
  await askLeast(1_000);
  const [ownStart, leastStart] = [own.peakMemory(), least.peakMemory()];

  const coreBefore = own.coreSeconds();
  let [ownTime, leastTime] = [0, 0];
  for (let turn = 0; turn < TURNS; turn++) {
    ownTime += await askOwn(CALLS);
    leastTime += await askLeast(CALLS);
  }
  const measured = TURNS * CALLS;
  const core = measured / (own.coreSeconds() - coreBefore);
  const [memoryMb, proxyGrowth] = [own.peakMemory(), least.peakMemory() / leastStart];
  await askOwn(10_000);
  const flat = own.peakMemory() / memoryMb;
  await Promise.all([own.end(), least.end()]);
  return {
    rate: leastTime / ownTime,
    core,
    proxyRate: (measured * 1_000) / leastTime,
    growth: memoryMb / ownStart / proxyGrowth,
    flat,
    memoryMb,
    proxyGrowth,
  };
}
