import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { createDemoAliases } from '../src/demo/customers.ts';
import { connect } from '../test/support/clients.ts';
import { node } from '../test/support/programs.ts';
import { startSequence, type ValueFilter } from '../test/support/upstream.ts';
import { definePart } from './part.ts';
import { serverEnv } from './programs.ts';
import { median } from './statistics.ts';

const demo = createDemoAliases();
/** Every tenth active alias with a label; the demo's labels are all short. */
const [ambiguous = '', ...found] = demo
  .filter(({ label, archivedAt, deletedAt }) => label && !archivedAt && !deletedAt)
  .filter((_, index) => index % 10 === 0)
  .map(({ value }) => value);
const inactive = demo.find(({ archivedAt }) => archivedAt)?.value ?? '';
const aliases = [
  ...demo,
  // A second customer with the same active alias, which Sequence rules out and the demo does not have.
  ...demo.slice(-1).map(({ id, sequenceAccountId, customerId, createdAt }) => {
    return { id: id.replace(/^./, 'f'), sequenceAccountId, customerId, createdAt, value: ambiguous };
  }),
];

/**
 * What the built server says to a real client, in o200k tokens, and as a share of Sequence's own JSON for the same rows.
 * Exact, so `test/tokens.test.ts` holds every figure to its goal.
 */
export const tokens = definePart({
  figures: {
    asSent: { name: 'both tools as hosts send them', atMost: 440, digits: 0 },
    toolsList: { name: 'tools/list, both tools', atMost: 920, digits: 0 },
    page: { name: 'page of 100', atMost: 4_000, digits: 0 },
    share: { name: "page of 100 ÷ Sequence's JSON", atMost: 0.36, digits: 3 },
    found: { name: 'found with a short label, median', atMost: 40, digits: 0 },
    inactive: { name: 'inactive', atMost: 55, digits: 0 },
    ambiguous: { name: 'ambiguous', atMost: 95, digits: 0 },
    notFound: { name: 'not_found', atMost: 25, digits: 0 },
    nearMiss: { name: 'not_found, with a near miss', atMost: 40, digits: 0 },
    unfinished: { name: 'unfinished', atMost: 80, digits: 0 },
  },
  rounds: { full: 1, quick: 1 },
  once: true,
  async measure() {
    await using some = await ask('case-insensitive');
    await using all = await ask('ignored');
    const { tools } = await some.client.listTools();
    const { page, share } = await some.page();
    const ofFound: number[] = [];
    for (const value of found) ofFound.push(await some.find(value, 'found'));
    return {
      asSent: countJson(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))),
      toolsList: countJson(tools),
      page,
      share,
      found: median(ofFound),
      inactive: await some.find(inactive, 'inactive'),
      ambiguous: await some.find(ambiguous, 'ambiguous'),
      notFound: await some.find('nowhere', 'not_found'),
      nearMiss: await some.find(ambiguous.toUpperCase(), 'not_found'),
      unfinished: await all.find('nowhere', 'unfinished'),
    };
  },
});

const countJson = (value: unknown) => countTokens(JSON.stringify(value));

/** A real client of the built server, whose Sequence filters by value as told. */
async function ask(filter: ValueFilter) {
  const upstream = await startSequence({ aliases, filter });
  const client = await connect(node, { env: serverEnv(upstream.url) });
  const call = async (name: string, args: Record<string, unknown>) => {
    const answer = await client.call(name, args);
    if (answer.isError) throw new Error(`${name}: ${answer.text}`);
    return answer;
  };
  return {
    client,
    async page() {
      const page = countTokens((await call('list_customer_aliases', { limit: 100 })).text);
      const headers = { authorization: 'Basic YmVuY2g6YmVuY2g=' };
      const raw = await (await fetch(`${upstream.url}/customer-aliases?limit=100`, { headers })).text();
      return { page, share: page / countTokens(raw) };
    },
    async find(alias: string, outcome: string) {
      const { text, structured } = await call('find_customer_by_alias', { alias });
      if (structured.outcome !== outcome) throw new Error(`${alias} is ${structured.outcome}, not ${outcome}`);
      return countTokens(text);
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}
