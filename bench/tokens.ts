import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { createDemoAliases } from '../src/demo/customers.ts';
import { connect } from '../test/support/clients.ts';
import { node } from '../test/support/programs.ts';
import { startSequence } from '../test/support/upstream.ts';
import type { Part } from './report.ts';
import { HEADERS, serverEnv } from './session.ts';
import { median } from './statistics.ts';

const aliases = createDemoAliases();
/** Every tenth active alias with a label; the demo's labels are all short. */
const active = aliases
  .filter(({ label, archivedAt, deletedAt }) => label && !archivedAt && !deletedAt)
  .filter((_, index) => index % 10 === 0);

const countJson = (value: unknown) => countTokens(JSON.stringify(value));

/** The built server's output for a real client, in o200k tokens. It is exact, so `test/tokens.test.ts` checks the goals. */
export const tokens = {
  figures: {
    share: { name: "page of 100 ÷ Sequence's own JSON", atMost: 0.36, digits: 3 },
    found: { name: 'found with a short label, median', atMost: 40, digits: 0 },
    requests: { name: 'upstream requests for a found', atMost: 1, digits: 0 },
    asSent: { name: 'both tools as hosts send them', atMost: 440, digits: 0 },
    toolsList: { name: 'tools/list, both tools', atMost: 920, digits: 0 },
  },
  rounds: 1,
  async measure() {
    await using upstream = await startSequence({ aliases });
    await using client = await connect(node, { env: serverEnv(upstream.url) });
    const { tools } = await client.listTools();
    const page = await client.call('list_customer_aliases', { limit: 100 });
    // Sent at once: the upstream closes a connection that is idle for 5 s.
    const raw = await (await fetch(`${upstream.url}/customer-aliases?limit=100`, { headers: HEADERS })).text();
    const before = upstream.received.length;
    const found: number[] = [];
    for (const { value } of active) {
      const { text, structured } = await client.call('find_customer_by_alias', { alias: value });
      if (structured.outcome !== 'found') throw new Error(`${value}: ${text}`);
      found.push(countTokens(text));
    }
    return {
      share: countTokens(page.text) / countTokens(raw),
      found: median(found),
      requests: (upstream.received.length - before) / found.length,
      asSent: countJson(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))),
      toolsList: countJson(tools),
    };
  },
} satisfies Part;
