// Compares results with a plain scan of random accounts. TRUTH_RUNS=10000 runs that many, in a few minutes.
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { createSequenceApi } from '../src/demo/sequence-api.ts';
import type { Fetch } from '../src/sequence/fetch.ts';
import type { ApiAlias } from '../src/sequence/response.ts';
import { connectTo } from './support/call.ts';
import type { TestClient } from './support/clients.ts';
import { FILTERS, type ValueFilter } from './support/upstream.ts';

const RUNS = Number(process.env['TRUTH_RUNS'] ?? 200);

const VALUES = ['a', 'A', ' a', 'a ', 'ａ', 'ab', 'é', 'e\u0301', 'a\u200b', ''];
/** Values without a match, so that the wanted alias may be on a late page. */
const NOISE = Array.from({ length: 40 }, (_, n) => `noise ${n}`);

const row = fc.record({
  value: fc.constantFrom(...VALUES, ...NOISE),
  customer: fc.nat(3),
  ended: fc.constantFrom('', '', 'archivedAt', 'deletedAt'),
});
const world = fc.record({
  rows: fc.array(row, { maxLength: 60, size: 'max' }),
  filter: fc.constantFrom<ValueFilter>('exact', 'case-insensitive', 'prefix', 'substring', 'ignored'),
  /** Ids of aliases, as documented, or row numbers, which shift when a row is removed. */
  cursors: fc.constantFrom('ids', 'offsets'),
  pageSize: fc.integer({ min: 1, max: 5 }),
  wanted: fc.constantFrom(...VALUES.filter(Boolean)),
  limit: fc.integer({ min: 1, max: 8 }),
  // The fault of each try in turn; later tries succeed.
  faults: fc.oneof(
    fc.constant([]),
    fc.array(fc.constantFrom('none', 'none', '500', 'reset', 'garbage'), { maxLength: 30 }),
  ),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function aliasesOf({ rows }: World): ApiAlias[] {
  return rows.map(({ value, customer, ended }, n) => ({
    id: `01849e70-0000-7000-8000-${String(n).padStart(12, '0')}`,
    sequenceAccountId: 'account',
    customerId: `c${customer}`,
    value,
    createdAt: '2024-01-01T00:00:00Z',
    ...(ended && { [ended]: '2024-02-01T00:00:00Z' }),
  }));
}

const isActive = ({ archivedAt, deletedAt }: ApiAlias) => !archivedAt && !deletedAt;

/** Sequence with the aliases that `aliases` returns for each request. */
function sequenceOf({ filter, cursors, pageSize, faults }: World, aliases: (request: number) => ApiAlias[]): Fetch {
  let tries = 0;
  return async (asked, { headers }) => {
    const fault = faults[tries++];
    if (fault === '500') return new Response(null, { status: 500 });
    if (fault === 'reset') throw new TypeError('fetch failed');
    if (fault === 'garbage') return new Response('{"items":');
    const api = createSequenceApi(aliases(tries), FILTERS[filter]);
    const url = new URL(asked);
    const start = Number(url.searchParams.get('after'));
    if (cursors === 'offsets') url.searchParams.delete('after');
    url.searchParams.set('limit', String(cursors === 'offsets' ? 100 : pageSize));
    const response = api(new Request(url.href, { headers }));
    if (cursors === 'ids') return response;
    const { items, pagination } = (await response.json()) as { items: object[]; pagination: object };
    const end = start + pageSize;
    const after = end < items.length ? `${end}` : undefined;
    return Response.json({ items: items.slice(start, end), pagination: { ...pagination, after } });
  };
}

/**
 * The results that an agent collects. It continues with the cursor of a result or an error, and else repeats the call.
 * The last result is that of the last page.
 */
// biome-ignore lint/suspicious/noExplicitAny: tests state what they expect.
async function resultsOf(client: TestClient, tool: string, args: object): Promise<any[]> {
  const results = [];
  let after: string | undefined;
  for (;;) {
    const { isError, structured, text } = await client.call(tool, { ...args, after });
    if (isError) {
      expect(text).toMatch(/^(unavailable|unexpected_response): /);
      const cursor = /after: (".*?")\.$/.exec(text)?.[1];
      if (cursor !== undefined) after = JSON.parse(cursor);
      continue;
    }
    results.push(structured);
    if (structured.page?.after === undefined) return results;
    after = structured.page.after;
  }
}

async function check(run: (world: World) => Promise<void>) {
  // Full jitter waits for a random time; here that is always zero.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  await fc.assert(fc.asyncProperty(world, run), { numRuns: RUNS });
}

afterEach(() => vi.restoreAllMocks());

it('find_customer_by_alias has no false hit, no false miss and no lost near miss', { timeout: 600_000 }, async () => {
  await check(async (world) => {
    const { filter, wanted, faults } = world;
    const aliases = aliasesOf(world);
    await using client = await connectTo('http://localhost', { fetch: sequenceOf(world, () => aliases) });
    const results = await resultsOf(client, 'find_customer_by_alias', { alias: wanted });

    const last = results.at(-1);
    const matches = results.flatMap((result) => result.matches ?? []);
    const exact = aliases.filter(({ value }) => value === wanted);
    const customers = new Set(exact.filter(isActive).map(({ customerId }) => customerId));
    expect(last.note ?? '').not.toMatch(/search once more|Sequence counts/);
    if (customers.size > 0) {
      expect(['found', 'ambiguous']).toContain(last.outcome);
      if (last.outcome === 'found') expect(customers).toContain(last.customerId);
      else expect(customers.size).toBeGreaterThan(1);
      return;
    }
    expect(['inactive', 'not_found']).toContain(last.outcome);
    // An unfinished search may have shown them before, and its last call may meet one again under another spelling.
    expect(matches.length).toBeGreaterThanOrEqual(exact.length);
    if (results.length === 1) expect(matches).toHaveLength(exact.length);
    if (last.outcome === 'inactive') expect(exact.length).toBeGreaterThan(0);
    for (const similar of last.similar ?? []) expect(similar).not.toBe(wanted);
    const plain = wanted.trim();
    const spellings = [plain, plain.toLowerCase(), plain.toUpperCase()];
    const isSpelt = aliases.some(({ value }) => value !== wanted && spellings.includes(value));
    // Only the first page of each spelling is requested, and partial matches may fill it.
    const isWhole = filter !== 'prefix' && filter !== 'substring';
    if (isSpelt && isWhole && exact.length === 0 && faults.length === 0 && results.length === 1) {
      expect(last.similar).toEqual(expect.arrayContaining([expect.stringMatching(/./)]));
    }
  });
});

it("list_customer_aliases gives each of a customer's aliases once, in order", { timeout: 600_000 }, async () => {
  await check(async (world) => {
    const { filter, pageSize, wanted, limit, faults } = world;
    const aliases = aliasesOf(world);
    await using client = await connectTo('http://localhost', { fetch: sequenceOf(world, () => aliases) });
    const value = limit % 2 ? wanted : undefined;
    const results = await resultsOf(client, 'list_customer_aliases', {
      customerId: 'c1',
      ...{ value, limit, detail: 'full' },
    });

    const all = createSequenceApi(
      aliases,
      FILTERS[filter],
    )(
      new Request(`http://localhost/customer-aliases?limit=100${value ? `&value=${encodeURIComponent(value)}` : ''}`, {
        headers: { authorization: 'Basic x' },
      }),
    );
    const { items } = (await all.json()) as { items: ApiAlias[] };
    const ids = items.filter(({ customerId }) => customerId === 'c1').map(({ id }) => id);
    expect(results.flatMap((result) => result.aliases.map(({ id }: ApiAlias) => id))).toEqual(ids);
    const read = results.reduce((sum, { page }) => sum + page.read, 0);
    // An error does not say how many rows were read before it.
    if (faults.length === 0) expect(read).toBe(items.length);
    for (const result of results.slice(0, -1)) {
      expect(result.note).toMatch(/there may be more/);
      // A call reads 50 pages at most.
      if (result.page.count < limit) expect(result.page.read).toBe(50 * pageSize);
    }
  });
});

it('both report that an alias may have moved during the search', { timeout: 600_000 }, async () => {
  await check(async (world) => {
    const { wanted, rows, limit } = world;
    const before = aliasesOf(world);
    const gone = before[limit % Math.max(1, rows.length)];
    const after = before.filter((alias) => alias !== gone);
    // A row is removed between the second and third requests.
    const fetch = () => sequenceOf({ ...world, faults: [] }, (request) => (request <= 2 ? before : after));
    await using finder = await connectTo('http://localhost', { fetch: fetch() });
    const found = (await finder.call('find_customer_by_alias', { alias: wanted })).structured;
    if (after.some((alias) => alias.value === wanted && isActive(alias)) && found.outcome !== 'unfinished') {
      expect(['found', 'ambiguous'].includes(found.outcome) || /search once more/.test(found.note)).toBe(true);
    }

    await using lister = await connectTo('http://localhost', { fetch: fetch() });
    const args = { customerId: 'c1', limit: 100, detail: 'full' };
    const { aliases, note } = (await lister.call('list_customer_aliases', args)).structured;
    const shown = aliases.map(({ id }: ApiAlias) => id);
    const isWhole = after.every(({ id, customerId }) => customerId !== 'c1' || shown.includes(id));
    expect(isWhole || /search once more/.test(note)).toBe(true);
  });
});
