import { expect, it } from 'vitest';
import { clientFor, connectTo } from '../support/call.ts';
import { connectInMemory } from '../support/clients.ts';

it('logs the details of a bug and keeps them from the model', async () => {
  const logged: string[] = [];
  await using client = await connectInMemory({
    createClient: () => {
      throw new TypeError('inner detail');
    },
    timeoutMs: 1_000,
    redact: (text) => text,
    log: (level, message) => logged.push(`${level}: ${message}`),
  });
  const { text, isError } = await client.call('find_customer_by_alias', { alias: 'x' });
  expect(isError).toBe(true);
  expect(text).toMatch(/^internal_error: .*a bug in it/);
  expect(text).not.toContain('inner detail');
  expect(logged).toEqual([expect.stringMatching(/^error: TypeError: inner detail\n.* at /s)]);
});

it('treats null as an omitted argument', async () => {
  const asked: string[] = [];
  await using client = await connectTo('http://localhost', {
    fetch: async (url) => {
      asked.push(new URL(url).search);
      return Response.json({ items: [], pagination: {} });
    },
  });
  const omitted = { value: null, limit: null, customerId: '', after: null, before: '', detail: null };
  expect((await client.call('list_customer_aliases', omitted)).isError).toBe(false);
  expect(asked).toEqual(['?limit=25']);
});

it('reports one outcome for a call whose result is refused', async () => {
  const ended: string[] = [];
  await using client = await connectInMemory({
    createClient: () =>
      clientFor('http://localhost', {
        fetch: async () => Response.json({ items: [], pagination: { after: 'the-secret' } }),
      }),
    timeoutMs: 1_000,
    redact: (text) => text.replace('the-secret', '[redacted]'),
    log: () => {},
    onCall: (outcome) => ended.push(outcome),
  });
  const { isError, text } = await client.call('list_customer_aliases');
  expect({ isError, text }).toEqual({ isError: true, text: expect.stringMatching(/^unexpected_response: .*API key/) });
  expect(ended).toEqual(['unexpected_response']);
});
