import { describe, expect, it } from 'vitest';
import { createDemoAliases } from '../../src/demo/customers.ts';
import type { ApiAlias } from '../../src/sequence/response.ts';
import { connectTo } from '../support/call.ts';
import { startSequence, startUpstream } from '../support/upstream.ts';

const aliases = createDemoAliases();
const tool = 'list_customer_aliases';

describe('list_customer_aliases', () => {
  it.each([
    [100, 'absent'],
    [33, 'null'],
  ] as const)(
    'pages through every alias once, forwards and backwards, %i at a time, empty fields %s',
    async (limit, emptyFields) => {
      await using upstream = await startSequence({ aliases, emptyFields });
      await using client = await connectTo(upstream.url);

      const forth: string[] = [];
      let page: { after?: string; before?: string } = {};
      do {
        const { structured } = await client.call(tool, { limit, after: page.after, detail: 'full' });
        forth.push(...structured.aliases.map(({ id }: { id: string }) => id));
        page = structured.page;
        expect(structured.page.total).toBe(aliases.length);
      } while (page.after);
      expect(forth).toEqual(aliases.map(({ id }) => id));

      const last = aliases.length % limit || limit;
      const back: string[] = [];
      while (page.before) {
        const { structured } = await client.call(tool, { limit, before: page.before, detail: 'full' });
        back.unshift(...structured.aliases.map(({ id }: { id: string }) => id));
        page = structured.page;
      }
      expect(back).toEqual(aliases.slice(0, aliases.length - last).map(({ id }) => id));
      expect(upstream.received).toHaveLength(2 * Math.ceil(aliases.length / limit) - 1);
    },
  );

  it('sends requests as documented', async () => {
    await using upstream = await startSequence({ aliases });
    await using client = await connectTo(`${upstream.url}/api`);
    await client.call(tool, { value: 'a&b=c d+é😀', limit: '50' });
    const [request] = upstream.received;
    expect(request?.url.pathname).toBe('/api/customer-aliases');
    expect(Object.fromEntries(request?.url.searchParams ?? [])).toEqual({ value: 'a&b=c d+é😀', limit: '50' });
    expect(request?.headers).toMatchObject({
      authorization: 'Basic a2V5OnNlY3JldA==',
      'sequence-version': '2024-07-30',
      accept: 'application/json',
      'user-agent': expect.stringMatching(/^sequence-mcp-server\/[\d.]+ \(test\)$/),
    });
  });

  it('returns compact aliases by default and every field on request', async () => {
    await using upstream = await startSequence({ aliases: aliases.slice(0, 1) });
    await using client = await connectTo(upstream.url);
    const compact = await client.call(tool);
    const { value, customerId, label, ...rest } = aliases[0] as ApiAlias;
    const expected = { value, customerId, label, status: 'archived' };
    expect(compact.structured).toEqual({ page: { count: 1, total: 1 }, aliases: [expected] });
    expect(JSON.parse(compact.text)).toEqual(compact.structured);
    const full = await client.call(tool, { detail: 'full' });
    expect(full.structured.aliases).toEqual([{ ...expected, ...rest }]);
  });

  it('keeps cursors byte for byte, and stops if one repeats', async () => {
    const cursor = 'a+/= &%25\r\n"\u{1f600}';
    await using upstream = await startUpstream((_, response) =>
      response.end(JSON.stringify({ items: [], pagination: { after: cursor, before: 'other' } })),
    );
    await using client = await connectTo(upstream.url);
    expect((await client.call(tool)).structured.page).toEqual({ count: 0, after: cursor, before: 'other' });
    const { structured } = await client.call(tool, { after: cursor });
    expect(upstream.received[1]?.url.searchParams.get('after')).toBe(cursor);
    expect(structured.page).toEqual({ count: 0, before: 'other' });
    expect(structured.note).toMatch(/Paging stopped here/);
    const back = await client.call(tool, { before: 'other' });
    expect(back.structured).toMatchObject({
      page: { after: cursor },
      note: expect.stringMatching(/Paging stopped here/),
    });
    expect(back.structured.page).not.toHaveProperty('before');
    const across = await client.call(tool, { before: cursor });
    expect(across.structured.page).toEqual({ count: 0, after: cursor, before: 'other' });
  });

  it('treats an empty date as absent', async () => {
    const empty = { ...aliases[1], archivedAt: '', deletedAt: '' } as ApiAlias;
    await using upstream = await startSequence({ aliases: [empty] });
    await using client = await connectTo(upstream.url);
    const { structured } = await client.call(tool, { detail: 'full' });
    for (const field of ['status', 'archivedAt', 'deletedAt']) expect(structured.aliases[0]).not.toHaveProperty(field);
  });

  it('marks an alias both archived and deleted as deleted', async () => {
    const alias = { ...aliases[1], archivedAt: '2023-01-01T00:00:00Z', deletedAt: '2023-02-01T00:00:00Z' };
    await using upstream = await startSequence({ aliases: [alias as ApiAlias] });
    await using client = await connectTo(upstream.url);
    expect((await client.call(tool)).structured.aliases[0].status).toBe('deleted');
  });

  it('says so if Sequence sends more aliases than the limit, and cuts the result', async () => {
    let rows = 130;
    await using upstream = await startUpstream((_, response) => {
      const items = Array.from({ length: rows }, (_, n) => ({ ...aliases[1], value: `v${n}` }));
      response.end(JSON.stringify({ items, pagination: {} }));
    });
    await using client = await connectTo(upstream.url);
    const { structured } = await client.call(tool, { limit: 25 });
    expect(structured).toMatchObject({
      note: 'Sequence sent 130 aliases where 25 were asked for.',
      page: { count: 130 },
    });
    expect(structured.aliases).toHaveLength(130);
    expect((await client.call('find_customer_by_alias', { alias: 'v129' })).structured.outcome).toBe('found');
    rows = 1_100;
    const flood = (await client.call(tool)).structured;
    expect(flood.note).toMatch(/sent 1100 aliases where 25 .* Only the first 1000 are here/);
    expect(flood.page.count).toBe(1_000);
    expect(flood.aliases).toHaveLength(1_000);
    expect((await client.call('find_customer_by_alias', { alias: 'v1099' })).structured.outcome).toBe('found');
  });
});
