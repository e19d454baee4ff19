import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSequenceApi, type ValueFilter } from '../src/demo/sequence-api.ts';
import type { ApiAlias } from '../src/sequence/response.ts';
import { clientFor, silent } from './support/call.ts';
import { connectInMemory } from './support/clients.ts';

const VALUES = ['a', 'A', ' a', 'a ', 'ａ', 'ab', 'é', 'e\u0301', 'a\u200b', ''];
/** Values that match nothing, so that what is looked for also lies far down the pages. */
const NOISE = Array.from({ length: 40 }, (_, n) => `noise ${n}`);
type Fault = 'none' | '500' | 'reset' | 'garbage';

const row = fc.record({
  value: fc.constantFrom(...VALUES, ...NOISE),
  customer: fc.nat(3),
  ended: fc.constantFrom('', '', 'archivedAt', 'deletedAt'),
});
const world = fc.record({
  rows: fc.array(row, { maxLength: 60, size: 'max' }),
  filter: fc.constantFrom<ValueFilter>('exact', 'case-insensitive', 'substring', 'ignored'),
  pageSize: fc.integer({ min: 1, max: 5 }),
  wanted: fc.constantFrom(...VALUES.filter(Boolean)),
  // What happens to each try in turn; then all goes well.
  faults: fc.array(fc.constantFrom<Fault>('none', 'none', '500', 'reset', 'garbage'), { maxLength: 30 }),
});

function aliasesOf(rows: { value: string; customer: number; ended: string }[]): ApiAlias[] {
  return rows.map(({ value, customer, ended }, n) => ({
    id: `01849e70-0000-7000-8000-${String(n).padStart(12, '0')}`,
    sequenceAccountId: 'account',
    customerId: `c${customer}`,
    value,
    createdAt: '2024-01-01T00:00:00Z',
    ...(ended && { [ended]: '2024-02-01T00:00:00Z' }),
  }));
}

afterEach(() => vi.restoreAllMocks());

describe('find_customer_by_alias against a plain scan', () => {
  it('has no false hit and no false miss, whatever the data, the filter, the pages and the faults', async () => {
    // Full jitter waits for a random time; here it is always none.
    vi.spyOn(Math, 'random').mockReturnValue(0);
    await fc.assert(
      fc.asyncProperty(world, async ({ rows, filter, pageSize, wanted, faults }) => {
        const aliases = aliasesOf(rows);
        const api = createSequenceApi({ aliases, filter });
        let tries = 0;
        const client = clientFor('http://localhost', {
          variables: { SEQUENCE_REQUESTS_PER_MINUTE: '100000' },
          fetch: async (asked, { headers }) => {
            const fault = faults[tries++];
            if (fault === '500') return new Response(null, { status: 500 });
            if (fault === 'reset') throw new TypeError('fetch failed');
            if (fault === 'garbage') return new Response('{"items":');
            const url = new URL(asked);
            url.searchParams.set('limit', String(pageSize));
            return api(new Request(url.href, { headers }));
          },
        });
        await using mcp = await connectInMemory({
          getClient: async () => client,
          timeoutMs: 45_000,
          log: silent,
          redact: String,
        });

        // As an agent would: go on where an unfinished search or an error says, or start again.
        let after: string | undefined;
        const seen: { customerId: string; status?: string }[] = [];
        for (;;) {
          const { isError, structured, text } = await mcp.call('find_customer_by_alias', { alias: wanted, after });
          if (isError) {
            expect(text).toMatch(/^(unavailable|unexpected_response): /);
            const cursor = /after: (".*?")\.$/.exec(text)?.[1];
            after = cursor === undefined ? undefined : JSON.parse(cursor);
            continue;
          }
          seen.push(...(structured.matches ?? []));
          if (structured.outcome === 'unfinished') {
            after = structured.page.after;
            continue;
          }
          const exact = aliases.filter(({ value }) => value === wanted);
          const active = exact.filter(({ archivedAt, deletedAt }) => !archivedAt && !deletedAt);
          const customers = new Set(active.map(({ customerId }) => customerId));
          if (customers.size > 0) {
            expect(['found', 'ambiguous']).toContain(structured.outcome);
            if (structured.outcome === 'found') expect(customers).toContain(structured.customerId);
            else expect(customers.size).toBeGreaterThan(1);
            if (customers.size === 1) expect(structured.outcome).toBe('found');
          } else {
            expect(['inactive', 'not_found']).toContain(structured.outcome);
            expect(seen.length > 0).toBe(exact.length > 0);
            if (structured.outcome === 'inactive') expect(exact.length).toBeGreaterThan(0);
          }
          for (const similar of structured.similar ?? []) expect(similar).not.toBe(wanted);
          return;
        }
      }),
      { numRuns: 300 },
    );
  });
});
