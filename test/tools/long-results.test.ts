// Hosts cut long results before a model sees them: Cline after some thousand characters, Codex in the middle, Copilot
// after the first 500 characters. The fields that an agent needs to continue must survive each cut.
import { expect, it } from 'vitest';
import type { ApiAlias } from '../../src/sequence/response.ts';
import { connectTo } from '../support/call.ts';
import { startUpstream } from '../support/upstream.ts';

const CURSOR = 'MDE4NDUyNjYtNmQ2NC03N2M4LTlhZGYtNDQ4N2Q5NGQxNDU3';
const CUTS: Record<string, (text: string) => string> = {
  'the first 500 characters': (text) => text.slice(0, 500),
  'the first 8,000 characters': (text) => text.slice(0, 8_000),
  'its middle cut out': (text) => `${text.slice(0, 1_000)}…7 tokens truncated…${text.slice(-1_000)}`,
};

const rows = (fields: Partial<ApiAlias>): ApiAlias[] =>
  Array.from({ length: 100 }, (_, n) => ({
    id: `01849e70-0a0f-72ca-ba07-5557dd734d${n}`,
    sequenceAccountId: 'ec1479a2-6ba1-421f-a7de-0853a20d17a1',
    customerId: `01849e70-703e-705a-b59a-d3fd575587${n}`,
    value: 'w'.repeat(900) + n,
    createdAt: '2022-10-01T00:00:00Z',
    label: 'CRM ID',
    ...fields,
  }));

const RESULTS = [
  ['list_customer_aliases', {}, rows({}), ['"count":100', '"total":5000', `"after":"${CURSOR}`]],
  ['list_customer_aliases', { detail: 'full' }, rows({}), ['"count":100', `"after":"${CURSOR}`]],
  [
    'list_customer_aliases',
    { customerId: 'c' },
    rows({ customerId: 'c' }),
    ['"note":"Not read to the end', '"count":100', '"read":100', `"after":"${CURSOR}`],
  ],
  ['list_customer_aliases', { after: CURSOR }, rows({}), ['"note":"Paging stopped here', '"count":100']],
  [
    'find_customer_by_alias',
    { alias: 'x' },
    rows({ value: 'x', archivedAt: '2023-01-01T00:00:00Z' }),
    ['"outcome":"unfinished"', `"after":"${CURSOR}`, '980 more matches are not shown'],
  ],
  ['find_customer_by_alias', { alias: 'x' }, rows({ value: 'x' }), ['"outcome":"ambiguous"', '80 more matches']],
] as const;

it.each(RESULTS)('%s %j', async (tool, args, items, needed) => {
  let page = 0;
  await using upstream = await startUpstream((_, response) => {
    const after = tool === 'list_customer_aliases' ? CURSOR : `${CURSOR}${page++}`;
    const fresh = items.map((item) => ({ ...item, id: `${item.id}-${page}` }));
    response.end(JSON.stringify({ items: fresh, pagination: { after, totalResultSize: 5_000 } }));
  });
  await using client = await connectTo(upstream.url);
  const { text } = await client.call(tool, args);
  expect(text.length).toBeGreaterThan(1_500);
  for (const [name, cut] of Object.entries(CUTS)) {
    for (const part of needed) expect(cut(text), name).toContain(part);
  }
});
