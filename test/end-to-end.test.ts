import { describe, expect, it } from 'vitest';
import { createDemoAliases } from '../src/demo/customers.ts';
import { TOOLS } from '../src/tools/index.ts';
import { clientKinds, connect, transports } from './support/clients.ts';
import { built, node, source } from './support/programs.ts';
import { startSequence } from './support/upstream.ts';

const aliases = createDemoAliases();

const everyWay = transports.flatMap((transport) => clientKinds.map((kind) => ({ transport, kind })));
/** Each transport and each protocol era once. */
const someWays = everyWay.filter(({ transport, kind }) => kind === (transport === 'stdio' ? 'v1' : 'v2 modern'));

describe.each([...built, ...source])('on $name', (program) => {
  it.each(program === node ? everyWay : someWays)(
    'serves a $kind client over $transport, from Sequence to answer',
    { concurrent: true },
    async (way) => {
      const { kind, transport } = way;
      await using upstream = await startSequence({ aliases, emptyFields: 'null' });
      const env = { SEQUENCE_CLIENT_ID: 'key', SEQUENCE_CLIENT_SECRET: 'secret', SEQUENCE_API_URL: upstream.url };
      await using client = await connect(program, { ...way, env });
      // From here on the clients also check every result against its advertised schema.
      expect((await client.listTools()).tools).toHaveLength(TOOLS.length);
      if (kind !== 'v1') expect(client.protocol).toBe(kind === 'v2 modern' ? '2026-07-28' : '2025-11-25');

      const first = await client.call('list_customer_aliases', { limit: 2, after: null, value: '' });
      expect(first.structured.aliases.map(({ value }: { value: string }) => value)).toEqual([
        aliases[0]?.value,
        aliases[1]?.value,
      ]);
      const next = await client.call('list_customer_aliases', { limit: 2, after: first.structured.page.after });
      expect(next.structured.aliases[0].value).toBe(aliases[2]?.value);
      expect(JSON.parse(next.text)).toEqual(next.structured);

      const found = await client.call('find_customer_by_alias', { alias: 'crm-1042' });
      expect(found.structured).toMatchObject({ outcome: 'found' });
      const { customerId } = found.structured;
      const elsewhere = await client.call('list_customer_aliases', { customerId, value: 'erp-20042' });
      expect(elsewhere.structured).toEqual({
        page: { count: 1, read: 1, total: 1 },
        aliases: [{ value: 'erp-20042', customerId, label: 'ERP' }],
      });
      const wrong = await client.call('list_customer_aliases', { limit: 500 });
      expect(wrong).toMatchObject({ isError: true, structured: undefined, text: expect.stringContaining('limit') });

      expect(upstream.received).toHaveLength(4);
      expect(upstream.received[2]?.headers).toMatchObject({
        authorization: 'Basic a2V5OnNlY3JldA==',
        'user-agent': expect.stringMatching(new RegExp(`^sequence-mcp-server/\\S+ \\(${program.name.split(' ')[0]} `)),
      });
      if (transport === 'stdio') expect(client.stderr()).toBe('');
      else expect(client.stderr()).not.toMatch(/"level":"(error|warn)"/);
    },
  );
});

it('explains in every result that it is not configured', async () => {
  await using client = await connect(node, { kind: 'v1', env: { SEQUENCE_CLIENT_ID: 'key' } });
  expect((await client.listTools()).tools).toHaveLength(TOOLS.length);
  const { isError, text } = await client.call('find_customer_by_alias', { alias: 'x' });
  expect(isError).toBe(true);
  expect(text).toMatch(/^configuration: .*SEQUENCE_CLIENT_SECRET is not set/);
  expect(client.stderr()).toContain('SEQUENCE_CLIENT_SECRET is not set');
});

it('applies the deadline and the rate limit in the demo too', async () => {
  const env = { SEQUENCE_TIMEOUT_MS: '30000', SEQUENCE_REQUESTS_PER_MINUTE: '1' };
  await using client = await connect(node, { args: ['--demo'], env });
  expect((await client.call('list_customer_aliases')).isError).toBe(false);
  expect((await client.call('list_customer_aliases')).text).toMatch(/^timeout: .*SEQUENCE_REQUESTS_PER_MINUTE/);
});

it('says in its instructions that the demo data is made up', async () => {
  await using client = await connect(node, { args: ['--demo'] });
  expect(client.client.getInstructions()).toMatch(/made up/);
  expect((await client.call('find_customer_by_alias', { alias: 'crm-1042' })).structured.outcome).toBe('found');
});
