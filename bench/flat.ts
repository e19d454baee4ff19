import { definePart } from './part.ts';
import { server } from './programs.ts';
import { open, type Session, toolCall } from './session.ts';

/** The times of three equal parts of a walk over all 1,000 pages of an account. */
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

/** Whether cost stays flat in an account of 100,000: a search in it, then three walks over it. */
export const flat = definePart({
  figures: {
    time: { name: 'walk of 100,000: time, last ÷ first third' },
    memory: { name: 'walk of 100,000: peak memory, 3rd ÷ 2nd walk' },
    requests: { name: 'upstream requests for a found in 100,000', atMost: 1, digits: 0 },
  },
  rounds: { full: 2, quick: 1 },
  async measure(runtime, upstream) {
    const countRequests = async () => Number(await (await fetch(`${upstream}/requests`)).text());
    const own = await open(server(runtime, `${upstream}/large`));
    const before = await countRequests();
    const found = await own.ask([toolCall('find_customer_by_alias', { alias: 'crm-1042.7' })]);
    if (!found.includes('"outcome":"found"')) throw new Error(found);
    const requests = (await countRequests()) - before;

    // A process that is still warming up gets faster and larger whatever it does.
    await walk(own);
    await walk(own);
    const peakBefore = own.peakMemory();
    const [first = Number.NaN, , last = Number.NaN] = await walk(own);
    const memory = own.peakMemory() / peakBefore;
    await own.end();
    return { time: last / first, memory, requests };
  },
});
