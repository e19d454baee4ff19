// Tool calls of real clients through the Worker, with a fake Sequence.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDemoAliases } from '../../src/demo/customers.ts';
import { type ClientKind, clientKinds, connectToEndpoint, type TestClient } from '../support/clients.ts';
import { TOKEN } from '../support/http-cases.ts';
import { type SequenceOptions, startSequence } from '../support/upstream.ts';
import { startLocalWorker } from '../support/worker.ts';

const aliases = createDemoAliases();

/** Sequence, a Worker in front of it, and its clients. */
async function serve(api: Partial<SequenceOptions> = {}, more: Record<string, string | number> = {}) {
  const upstream = await startSequence({ aliases, ...api });
  const worker = await startLocalWorker(upstream.url, more);
  const clients: TestClient[] = [];
  return {
    upstream,
    worker,
    async client(kind?: ClientKind): Promise<TestClient> {
      const client = await connectToEndpoint(worker.url, { kind, token: TOKEN });
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const resource of [...clients, worker, upstream]) await resource[Symbol.asyncDispose]();
    },
  };
}

describe('in workerd', () => {
  it.each(clientKinds)('a %s client gets results from Sequence', async (kind) => {
    await using served = await serve({ emptyFields: 'null' });
    const { upstream, worker, client } = served;
    const { call, listTools, protocol } = await client(kind);
    expect((await listTools()).tools).toHaveLength(2);
    if (kind !== 'v1') expect(protocol).toBe(kind === 'v2 modern' ? '2026-07-28' : '2025-11-25');
    const { structured, text } = await call('list_customer_aliases', { limit: 2, after: null });
    expect(structured.aliases.map(({ value }: { value: string }) => value)).toEqual(
      aliases.slice(0, 2).map(({ value }) => value),
    );
    expect(JSON.parse(text)).toEqual(structured);
    expect(upstream.received[0]?.headers).toMatchObject({
      authorization: 'Basic a2V5OnNlY3JldA==',
      'user-agent': expect.stringMatching(/^sequence-mcp-server\/\S+ \(workerd\)$/),
    });
    const progress: number[] = [];
    const onprogress = (said: { progress: number }) => void progress.push(said.progress);
    expect((await call('find_customer_by_alias', { alias: 'crm-1042' }, { onprogress })).structured.outcome).toBe(
      'found',
    );
    expect(progress).toEqual([1]);
    const record = { caller: 'tester', method: 'tools/call', outcome: 'found', status: 200 };
    await expect.poll(worker.records).toContainEqual(expect.objectContaining(record));
    expect(JSON.stringify(worker.records())).not.toMatch(/crm-1042|smcp_|"level":"error"/);
  });

  it('40 simultaneous calls do not wait for each other', async () => {
    await using served = await serve();
    const { client, worker } = served;
    const { call } = await client();
    const calls = Array.from({ length: 40 }, () => call('find_customer_by_alias', { alias: 'crm-1042' }));
    for (const { structured } of await Promise.all(calls)) expect(structured).toMatchObject({ outcome: 'found' });
    expect(worker.log.join()).not.toMatch(/different request|hung/);
  });

  it('callers past SEQUENCE_REQUESTS_PER_MINUTE get the reason, and none gets more than half of it', async () => {
    const names = ['one', 'two', 'three'];
    const entries = names.map((name) => `${name}:${createHash('sha256').update(name).digest('hex')}`);
    await using served = await serve({}, { SEQUENCE_REQUESTS_PER_MINUTE: 2, SEQUENCE_MCP_TOKENS: entries.join(' ') });
    const { upstream, worker } = served;
    const clients = await Promise.all(names.map((token) => connectToEndpoint(worker.url, { token })));
    const answers = await Promise.all(clients.map(({ call }) => call('list_customer_aliases')));
    expect(answers.filter(({ isError }) => !isError)).toHaveLength(2);
    const [refused] = answers.filter(({ isError }) => isError);
    expect(refused?.text).toMatch(/^timeout: .* 2 requests a minute/);
    expect(upstream.received).toHaveLength(2);
    await expect(clients[0]?.call('list_customer_aliases')).rejects.toThrow(/too many calls: wait \d+ s/);
    for (const client of clients) await client[Symbol.asyncDispose]();
  });

  it('paging to the end returns every alias once', async () => {
    await using served = await serve();
    const { client } = served;
    const { call } = await client('v2 modern');
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const { structured } = await call('list_customer_aliases', { limit: 100, after });
      seen.push(...structured.aliases.map(({ value }: { value: string }) => value));
      after = structured.page.after;
      if (after === undefined) break;
    }
    expect(seen).toEqual(aliases.map(({ value }) => value));
  });

  it("one call returns a customer's aliases from the whole account", async () => {
    await using served = await serve();
    const { client, upstream } = served;
    const { call } = await client('v2 modern');
    const { customerId } = (await call('find_customer_by_alias', { alias: 'crm-1042' })).structured;
    const { structured } = await call('list_customer_aliases', { customerId });
    const own = aliases.filter((alias) => alias.customerId === customerId);
    expect(structured.aliases.map(({ value }: { value: string }) => value)).toEqual(own.map(({ value }) => value));
    expect(upstream.received).toHaveLength(1 + Math.ceil(aliases.length / 100));
  });

  it('a search can end in each outcome', async () => {
    const row = (value: string, customerId: string, archived = false) => ({
      ...aliases[0],
      value,
      customerId,
      archivedAt: archived ? '2024-01-01T00:00:00.000Z' : undefined,
    });
    const rows = [row('one', 'a'), row('two', 'a'), row('two', 'b'), row('old', 'c', true)];
    await using served = await serve({ aliases: rows as SequenceOptions['aliases'], filter: 'ignored' });
    const { client } = served;
    const { call } = await client();
    for (const [alias, outcome] of Object.entries({
      one: 'found',
      two: 'ambiguous',
      old: 'inactive',
      ONE: 'not_found',
    })) {
      expect((await call('find_customer_by_alias', { alias })).structured).toMatchObject({ outcome });
    }
  });

  it('a search past its budget is unfinished, and continues from its cursor', async () => {
    await using served = await serve({ filter: 'ignored' });
    const { client, upstream } = served;
    const { call } = await client();
    const alias = aliases[1_500]?.value;
    const first = await call('find_customer_by_alias', { alias });
    expect(first.structured).toMatchObject({ outcome: 'unfinished', page: { after: expect.any(String) } });
    expect(upstream.received).toHaveLength(10);
    const { after } = first.structured.page;
    expect((await call('find_customer_by_alias', { alias, after })).structured.outcome).toBe('found');
  });
});
