import { expect, it } from 'vitest';
import { silent } from '../support/call.ts';
import { connectInMemory } from '../support/clients.ts';

it('shows a model nothing of our own bugs, and the log everything', async () => {
  const logged: string[] = [];
  await using client = await connectInMemory({
    getClient: async () => ({ listCustomerAliases: () => Promise.reject(new TypeError('inner detail')) }),
    timeoutMs: 1_000,
    log: (level, message) => logged.push(`${level}: ${message}`),
    redact: String,
  });
  const { text, isError } = await client.call('find_customer_by_alias', { alias: 'x' });
  expect(isError).toBe(true);
  expect(text).toMatch(/^internal_error: .*a bug in it/);
  expect(text).not.toContain('inner detail');
  expect(logged).toEqual([expect.stringMatching(/^error: TypeError: inner detail\n.* at /s)]);
});

it('takes null for an argument that is left out', async () => {
  const asked: unknown[] = [];
  await using client = await connectInMemory({
    getClient: async () => ({
      listCustomerAliases: async (query) => {
        asked.push(query);
        return { items: [], after: undefined, before: undefined, total: undefined };
      },
    }),
    timeoutMs: 1_000,
    log: silent,
    redact: String,
  });
  const nothing = { value: null, limit: null, after: null, before: '', detail: null };
  expect((await client.call('list_customer_aliases', nothing)).isError).toBe(false);
  expect(asked).toEqual([{ value: undefined, limit: 25, after: undefined, before: undefined }]);
});
