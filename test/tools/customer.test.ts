// `list_customer_aliases` with a customer: all its aliases.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDemoAliases } from '../../src/demo/customers.ts';
import type { ApiAlias } from '../../src/sequence/response.ts';
import { connectTo } from '../support/call.ts';
import type { TestClient } from '../support/clients.ts';
import { startSequence, startUpstream } from '../support/upstream.ts';

const tool = 'list_customer_aliases';
const MORE = 'Not read to the end, so there may be more: repeat the call with after set to page.after.';
const demo = createDemoAliases();
const customerId = demo.find(({ value }) => value === 'crm-1042')?.customerId ?? '';
const ofCustomer = demo.filter((alias) => alias.customerId === customerId).map(({ value }) => value);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Aliases of customer `c` at these positions, and of others between them. */
const account = (size: number, places: readonly number[]): ApiAlias[] =>
  Array.from({ length: size }, (_, n) => ({
    id: `01849e70-0000-7000-8000-${String(n).padStart(12, '0')}`,
    sequenceAccountId: 'account',
    customerId: places.includes(n) ? 'c' : `other ${n % 7}`,
    value: `v${n}`,
    createdAt: '2024-01-01T00:00:00Z',
  }));

const valuesOf = ({ aliases }: { aliases: { value: string }[] }) => aliases.map(({ value }) => value);

/** Collects the results of an agent that follows the advice of results and errors. */
async function collect(client: TestClient, args: Record<string, unknown>) {
  const values: string[] = [];
  let after: string | undefined;
  for (let calls = 1; ; calls++) {
    const { structured, isError, text } = await client.call(tool, { ...args, after });
    if (isError) {
      after = /after: "(.*)"\.$/.exec(text)?.[1];
      continue;
    }
    values.push(...valuesOf(structured));
    after = structured.page.after;
    if (after === undefined) return { values, calls };
    expect(structured.note).toContain(MORE);
  }
}

describe('a customer of the demo', () => {
  it('has all its aliases in one call, without the customer in a request', async () => {
    await using upstream = await startSequence({ aliases: demo });
    await using client = await connectTo(upstream.url);
    const progress: number[] = [];
    const { structured, text } = await client.call(
      tool,
      { customerId },
      { onprogress: (report) => progress.push(report.progress) },
    );
    expect(valuesOf(structured)).toEqual(ofCustomer);
    expect(structured.page).toEqual({ count: ofCustomer.length, read: demo.length, total: demo.length });
    expect(structured).not.toHaveProperty('note');
    expect(structured.aliases.at(-1)).toMatchObject({ value: 'old-shop/42', customerId, status: 'archived' });
    expect(text.length).toBeLessThan(1_000);
    const pages = Math.ceil(demo.length / 100);
    expect(upstream.received).toHaveLength(pages);
    expect(progress.slice(0, pages - 1)).toEqual(Array.from({ length: pages - 1 }, (_, n) => n + 1));
    for (const { url } of upstream.received) {
      expect([...url.searchParams.keys()].filter((key) => key !== 'after')).toEqual(['limit']);
    }
  });

  it('is filtered by value at Sequence, and has every field on request', async () => {
    await using upstream = await startSequence({ aliases: demo, filter: 'substring' });
    await using client = await connectTo(upstream.url);
    const { structured } = await client.call(tool, { customerId, value: 'CRM-104', detail: 'full' });
    const found = demo.find(({ value }) => value === 'crm-1042');
    expect(structured).toEqual({ page: { count: 1, read: 10, total: 10 }, aliases: [found] });
    expect(upstream.received.map(({ url }) => url.search)).toEqual(['?limit=100&value=CRM-104']);
  });

  it('that is unknown has no aliases, after a complete search', async () => {
    await using upstream = await startSequence({ aliases: demo });
    await using client = await connectTo(upstream.url);
    const { structured } = await client.call(tool, { customerId: customerId.toUpperCase() });
    expect(structured).toEqual({ page: { count: 0, read: demo.length, total: demo.length }, aliases: [] });
  });
});

describe('aliases of a customer', () => {
  it.each([
    [1, 7],
    [2, 4],
    [3, 3],
    [100, 1],
  ])('come without gap or double, %i or more a call', async (limit, calls) => {
    const places = [0, 1, 99, 100, 250, 399, 512, 600, 777];
    await using upstream = await startSequence({ aliases: account(800, places) });
    await using client = await connectTo(upstream.url);
    expect(await collect(client, { customerId: 'c', limit })).toEqual({ values: places.map((n) => `v${n}`), calls });
    expect(upstream.received).toHaveLength(8);
  });

  it('are complete if they fill the last page', async () => {
    await using upstream = await startSequence({ aliases: account(200, [150, 199]) });
    await using client = await connectTo(upstream.url);
    const { structured } = await client.call(tool, { customerId: 'c', limit: 1 });
    expect(structured).toMatchObject({ page: { count: 2, read: 200, total: 200 } });
    expect(structured.page).not.toHaveProperty('after');
    expect(structured).not.toHaveProperty('note');
  });

  it('are searched in 50 pages a call; the next call continues', async () => {
    await using upstream = await startSequence({ aliases: account(5_100, [4_999, 5_000]) });
    await using client = await connectTo(upstream.url);
    const first = await client.call(tool, { customerId: 'c' });
    expect(first.structured).toMatchObject({
      note: MORE,
      page: { count: 1, read: 5_000, total: 5_100, after: expect.any(String) },
    });
    expect(upstream.received).toHaveLength(50);
    const { structured } = await client.call(tool, { customerId: 'c', after: first.structured.page.after });
    expect(structured).toMatchObject({
      note: expect.stringMatching(/^This covers the pages from the given cursor on/),
      page: { count: 1, read: 100, total: 5_100 },
    });
    expect([...valuesOf(first.structured), ...valuesOf(structured)]).toEqual(['v4999', 'v5000']);
  });

  it('are searched for half of the deadline', async () => {
    // With this clock a page takes ten seconds.
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    await using upstream = await startUpstream((request, response) => {
      now += 10_000;
      const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('after') ?? 0);
      const items = account(300, [0, 100, 200]).slice(page * 100, page * 100 + 100);
      response.end(JSON.stringify({ items, pagination: { after: `${page + 1}` } }));
    });
    await using client = await connectTo(upstream.url);
    const { structured } = await client.call(tool, { customerId: 'c' });
    expect(structured).toMatchObject({ note: MORE, page: { count: 3, read: 300, after: '3' } });
    expect(upstream.received).toHaveLength(3);
  });

  it('are partial if the deadline interrupts a page', async () => {
    let asked = 0;
    await using client = await connectTo('http://localhost', {
      fetch: (_, { signal }) =>
        asked++ === 0
          ? Promise.resolve(Response.json({ items: account(1, [0]), pagination: { after: 'second' } }))
          : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const call = client.call(tool, { customerId: 'c' });
    while (asked < 2) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(45_000);
    expect((await call).structured).toMatchObject({
      note: MORE,
      page: { count: 1, read: 1, after: 'second' },
      aliases: [{ value: 'v0' }],
    });
  });

  it('are partial if a rate limit ends the search', async () => {
    await using upstream = await startUpstream(({ url }, response) => {
      if (url?.includes('after=')) response.writeHead(429, { 'retry-after': '50' }).end();
      else response.end(JSON.stringify({ items: account(1, [0]), pagination: { after: 'second' } }));
    });
    await using client = await connectTo(upstream.url);
    expect((await client.call(tool, { customerId: 'c' })).structured).toMatchObject({
      note: MORE,
      page: { count: 1, read: 1, after: 'second' },
      aliases: [{ value: 'v0' }],
    });
    const { text } = await client.call(tool, { customerId: 'c', after: 'second' });
    expect(text).toMatch(/^rate_limited: .*Try again in (49|50) seconds\.$/);
  });

  it.each([
    ['before the first', [350, 450], ['v350', 'v450'], 2],
    ['after the first', [0, 150, 450], ['v0', 'v150', 'v450'], 2],
  ])('come without gap or double if a page fails, %s', async (_, places, values, calls) => {
    const aliases = account(500, places);
    let requests = 0;
    await using upstream = await startUpstream(({ url }, response) => {
      const after = new URL(url ?? '', 'http://x').searchParams.get('after');
      const page = Number(after ?? 0);
      const next = page < 4 ? `${page + 1}` : undefined;
      if (++requests === 3) response.writeHead(403).end();
      else
        response.end(
          JSON.stringify({ items: aliases.slice(page * 100, page * 100 + 100), pagination: { after: next } }),
        );
    });
    await using client = await connectTo(upstream.url);
    expect(await collect(client, { customerId: 'c' })).toEqual({ values, calls });
  });

  it.each([400, 410, 422])('must be searched from the start if a later cursor gets %i', async (status) => {
    await using upstream = await startUpstream(({ url }, response) => {
      if (url?.includes('after=')) response.writeHead(status).end();
      else response.end(JSON.stringify({ items: account(1, [0]), pagination: { after: 'stale' } }));
    });
    await using client = await connectTo(upstream.url);
    const { text } = await client.call(tool, { customerId: 'c' });
    expect(text).toMatch(/^invalid_request: (?!.*stale).*: search again from the start\.$/);
    const sent = await client.call(tool, { customerId: 'c', after: 'stale' });
    expect(sent.text).toMatch(/^invalid_request: .*Start again without a cursor, and do not use this one again\.$/);
  });

  it.each([
    [undefined, 25],
    [undefined, 1],
    ['b', 25],
    ['b', 1],
  ])('are an error if cursors lead in a circle, from %s, limit %i', async (after, limit) => {
    await using upstream = await startUpstream(({ url }, response) => {
      const next = url?.includes('after=b') ? 'a' : 'b';
      const items = url?.includes('after=a') ? account(1, [0]) : account(1, []);
      response.end(JSON.stringify({ items, pagination: { after: next } }));
    });
    await using client = await connectTo(upstream.url);
    const { isError, text } = await client.call(tool, { customerId: 'c', after, limit });
    expect(isError).toBe(true);
    expect(text).toMatch(/^unexpected_response: .*circle.*(?!after)/);
  });

  it('end with an empty page that returns its own cursor', async () => {
    await using upstream = await startUpstream((_, response) =>
      response.end(JSON.stringify({ items: [], pagination: { after: 'end' } })),
    );
    await using client = await connectTo(upstream.url);
    const { structured } = await client.call(tool, { customerId: 'c', after: 'end' });
    expect(structured.page).toEqual({ count: 0, read: 0 });
  });

  it('count once if they are on two pages, with a note that the account changed', async () => {
    const rows = account(4, [0, 1, 3]);
    const pages = [
      { items: rows.slice(0, 2), pagination: { after: '1', totalResultSize: 3 } },
      { items: rows.slice(1), pagination: { totalResultSize: 4 } },
    ];
    await using upstream = await startUpstream(({ url }, response) =>
      response.end(JSON.stringify(pages[url?.includes('after=') ? 1 : 0])),
    );
    await using client = await connectTo(upstream.url);
    const { structured } = await client.call(tool, { customerId: 'c' });
    expect(valuesOf(structured)).toEqual(['v0', 'v1', 'v3']);
    expect(structured.page).toEqual({ count: 3, read: 4, total: 4 });
    expect(structured.note).toMatch(/^Aliases were added or removed during this search/);
  });

  it('need only the customer of other rows', async () => {
    const [wanted] = account(1, [0]);
    await using upstream = await startUpstream((_, response) =>
      response.end(JSON.stringify({ items: [{ customerId: 'other' }, wanted], pagination: {} })),
    );
    await using client = await connectTo(upstream.url);
    expect(valuesOf((await client.call(tool, { customerId: 'c' })).structured)).toEqual(['v0']);
  });

  it('are at most a thousand, with a note', async () => {
    const all = Array.from({ length: 1_100 }, (_, n) => n);
    await using upstream = await startUpstream((_, response) =>
      response.end(JSON.stringify({ items: account(1_100, all), pagination: {} })),
    );
    await using client = await connectTo(upstream.url);
    const { structured } = await client.call(tool, { customerId: 'c' });
    expect(structured.aliases).toHaveLength(1_000);
    expect(structured).toMatchObject({ page: { count: 1_000 }, note: expect.stringContaining('first 1000 of 1100') });
  });
});
