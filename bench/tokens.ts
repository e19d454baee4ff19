import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { createDemoAliases } from '../src/demo/customers.ts';
import { createSequenceApi, type ValueFilter } from '../src/demo/sequence-api.ts';
import { server } from './programs.ts';
import { median } from './statistics.ts';

/** What a model reads, in o200k tokens, beside Sequence's own JSON for the same rows. */
export interface Tokens {
  readonly tokens: number;
  readonly sequence?: number;
}

const demo = createDemoAliases();
/** Every tenth active alias with a label; the demo's labels are all short. */
const findable = demo
  .filter(({ label, archivedAt, deletedAt }) => label && !archivedAt && !deletedAt)
  .filter((_, index) => index % 10 === 0)
  .map(({ value }) => value);
const [ambiguous = '', ...found] = findable;
const inactive = demo.find(({ archivedAt }) => archivedAt)?.value ?? '';
const aliases = [
  ...demo,
  // A second customer with the same active alias, which Sequence rules out and the demo does not have.
  ...demo.slice(-1).map(({ id, sequenceAccountId, customerId, createdAt }) => {
    return { id: id.replace(/^./, 'f'), sequenceAccountId, customerId, createdAt, value: ambiguous };
  }),
];

/** Counts what the built server says to a real client: its tools, pages, and every outcome of a search. */
export async function measureTokens(): Promise<Record<string, Tokens>> {
  const figures: Record<string, Tokens> = {};

  await withServer('case-insensitive', async ({ client, call, fetchRaw }) => {
    const { tools } = await client.listTools();
    figures['tools/list, both tools'] = { tokens: countTokens(JSON.stringify(tools)) };
    for (const tool of tools) figures[tool.name] = { tokens: countTokens(JSON.stringify(tool)) };

    for (const limit of [25, 100]) {
      const { tokens } = await call('list_customer_aliases', { limit });
      figures[`page of ${limit}`] = { tokens, sequence: await fetchRaw({ limit: `${limit}` }) };
    }

    const find = async (alias: string, expected: string): Promise<Required<Tokens>> => {
      const { tokens, outcome } = await call('find_customer_by_alias', { alias });
      if (outcome !== expected) throw new Error(`${alias} is ${outcome}, not ${expected}`);
      return { tokens, sequence: await fetchRaw({ limit: '100', value: alias }) };
    };
    const answers: Required<Tokens>[] = [];
    for (const value of found) answers.push(await find(value, 'found'));
    figures['found, median'] = {
      tokens: median(answers.map(({ tokens }) => tokens)),
      sequence: median(answers.map(({ sequence }) => sequence)),
    };
    figures['inactive'] = await find(inactive, 'inactive');
    figures['ambiguous'] = await find(ambiguous, 'ambiguous');
    figures['not_found'] = await find('nowhere', 'not_found');
    figures['not_found, with a near miss'] = await find(ambiguous.toUpperCase(), 'not_found');
  });

  await withServer('ignored', async ({ call, fetchRaw }) => {
    const { tokens, outcome } = await call('find_customer_by_alias', { alias: 'nowhere' });
    if (outcome !== 'unfinished') throw new Error(`nowhere is ${outcome}, not unfinished`);
    // Ten pages alike, a few tokens more or less.
    figures['unfinished'] = { tokens, sequence: 10 * (await fetchRaw({ limit: '100' })) };
  });
  return figures;
}

interface Measured {
  readonly client: Client;
  readonly call: (name: string, args: Record<string, unknown>) => Promise<{ tokens: number; outcome: unknown }>;
  /** The tokens of Sequence's own answer. */
  readonly fetchRaw: (query: Record<string, string>) => Promise<number>;
}

async function withServer(filter: ValueFilter, measure: (measured: Measured) => Promise<void>): Promise<void> {
  const api = createSequenceApi({ aliases, filter });
  const askApi = (path: string) =>
    api(new Request(`http://upstream${path}`, { headers: { authorization: 'Basic YmVuY2g6YmVuY2g=' } })).text();
  const upstream = createServer(async ({ url = '' }, response) => response.end(await askApi(url)));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));

  const program = server('node', `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`);
  const client = new Client({ name: 'bench', version: '1.0.0' });
  try {
    await client.connect(new StdioClientTransport({ ...program }));
    await measure({
      client,
      async call(name, args) {
        const { content, structuredContent } = await client.callTool({ name, arguments: args });
        const [block] = content;
        if (block?.type !== 'text' || !structuredContent) throw new Error(`${name}: ${JSON.stringify(content)}`);
        return { tokens: countTokens(block.text), outcome: (structuredContent as { outcome?: unknown }).outcome };
      },
      fetchRaw: async (query) => countTokens(await askApi(`/customer-aliases?${new URLSearchParams(query)}`)),
    });
  } finally {
    await client.close();
    upstream.closeAllConnections();
    upstream.close();
  }
}
