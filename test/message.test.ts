// Messages from clients, read by our code and served by the SDK, in both protocol eras.
import { PassThrough } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { readMessage } from '../src/message.ts';
import { serveStdio } from '../src/stdio.ts';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';
const MODERN = { [VERSION]: '2026-07-28', [CAPABILITIES]: {} };
const call = (params: object) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });

describe('readMessage', () => {
  it.each([
    ['params', { jsonrpc: '2.0', id: 1, method: 'ping', params: null }],
    ['params._meta', { jsonrpc: '2.0', id: 1, method: 'ping', params: { _meta: null } }],
    ['params.cursor', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { cursor: null } }],
    ['params.arguments', call({ name: 'x', arguments: null })],
    ['progressToken', call({ name: 'x', _meta: { progressToken: null } })],
    ['the client', call({ name: 'x', _meta: { ...MODERN, [CLIENT_INFO]: null } })],
    ['id of a notification', { jsonrpc: '2.0', id: null, method: 'notifications/initialized', params: null }],
    [
      'what a client can do',
      {
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: null, clientInfo: null },
      },
    ],
  ])('takes null for absent: %s', (_, message) => {
    const read = readMessage(message);
    expect(read.kind).toBe('message');
    expect(JSON.stringify(read)).not.toContain('null');
  });

  it('leaves a modern initialize to the SDK', () => {
    expect(readMessage({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { _meta: MODERN } }).kind).toBe(
      'message',
    );
  });

  it('keeps arguments, a progress token and a trace', () => {
    const params = {
      name: 'x',
      arguments: { alias: null, a: [1] },
      _meta: { ...MODERN, progressToken: 0, traceparent: '00-1' },
    };
    expect(readMessage(call(params))).toEqual({ kind: 'message', message: call(params) });
  });

  it.each([
    ['a batch', [{ jsonrpc: '2.0', id: 1, method: 'ping' }], undefined, /^Batches/],
    ['no object', 7, undefined, /JSON object/],
    ['no JSON', undefined, undefined, /JSON object/],
    ['no version', { id: 1, method: 'ping' }, 1, /^jsonrpc must be "2.0"/],
    ['no method', { jsonrpc: '2.0', id: 'a' }, 'a', /^method must be a string/],
    ['a number for params', { jsonrpc: '2.0', id: 1, method: 'ping', params: 1 }, 1, /^params must be an object/],
    ['a list for params', { jsonrpc: '2.0', id: 1, method: 'ping', params: [] }, 1, /^params must be an object/],
    ['a list for _meta', call({ name: 'x', _meta: [] }), 1, /^params\._meta must be an object/],
    [
      'an object for a token',
      call({ name: 'x', _meta: { progressToken: {} } }),
      1,
      /progressToken must be a string or a/,
    ],
    ['a text for arguments', call({ name: 'x', arguments: '{}' }), 1, /^params\.arguments must be an object/],
    ['no name', call({}), 1, /^params\.name must be a string/],
    [
      'a number for a version',
      call({ name: 'x', _meta: { ...MODERN, [VERSION]: 1 } }),
      1,
      /protocolVersion must be a str/,
    ],
    [
      'no capabilities',
      call({ name: 'x', _meta: { [VERSION]: '2026-07-28' } }),
      1,
      /clientCapabilities must be an obj/,
    ],
    ['a request without an id', { jsonrpc: '2.0', method: 'tools/list' }, undefined, /^id must be/],
    ['half an id', { jsonrpc: '2.0', id: 1.5, method: 'ping' }, 1.5, /^id must be/],
    ['a truth value for an id', { jsonrpc: '2.0', id: true, method: 'ping' }, undefined, /^id must be/],
    ['a response', { jsonrpc: '2.0', id: 1, result: {} }, undefined, /^method must be/],
    ['an error', { jsonrpc: '2.0', id: 1, error: {} }, undefined, /^method must be/],
    ['depth', call({ name: 'x', arguments: JSON.parse(`${'['.repeat(64)}${']'.repeat(64)}`) }), 1, /levels deep/],
  ])('names what is wrong: %s', (_, message, id, problem) =>
    expect(readMessage(message)).toEqual({
      kind: 'invalid',
      id,
      code: expect.any(Number),
      problem: expect.stringMatching(problem),
    }),
  );
});

describe.each([
  ['legacy', { method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: {} } }],
  ['modern', { method: 'tools/list', params: { _meta: MODERN } }],
])('a %s connection', (_, opening) => {
  it('answers every request with our own messages, whatever its fields are', async () => {
    const client = connect();
    await client.send({ jsonrpc: '2.0', id: 'opening', ...opening });
    await fc.assert(
      fc.asyncProperty(strangeMessage, async (message) => {
        const answer = await client.send(message);
        expect(answer).not.toMatch(/invalid_type|Invalid input|expected|unrecognized/i);
      }),
      { numRuns: 1_000, timeout: 10_000, endOnFailure: true },
    );
    expect(client.logged).toEqual([]);
  });
});

/** Now and then replaces a field with a value of any type. */
const junk = fc.oneof(
  fc.constantFrom(null, true, 0, 1.5, -1, 2 ** 60, '', 'x', [], {}, [1]),
  fc.jsonValue({ maxDepth: 2 }),
);
const mostly = (...values: unknown[]) =>
  fc.oneof({ arbitrary: fc.constantFrom(...values), weight: 6 }, { arbitrary: junk, weight: 1 });
const optional = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields, { requiredKeys: [] });
const strangeMeta = optional({
  [VERSION]: mostly('2026-07-28', '2025-06-18'),
  [CAPABILITIES]: mostly({ sampling: {} }),
  [CLIENT_INFO]: junk,
  'io.modelcontextprotocol/logLevel': junk,
  'io.modelcontextprotocol/related-task': junk,
  progressToken: mostly('token', 1),
  traceparent: junk,
});
const strangeParams = optional({
  _meta: fc.oneof({ arbitrary: strangeMeta, weight: 6 }, { arbitrary: junk, weight: 1 }),
  name: mostly('find_customer_by_alias', 'no_tool', 'constructor', '__proto__'),
  arguments: mostly({ alias: 'x' }),
  protocolVersion: mostly('2025-06-18'),
  notifications: mostly({ toolsListChanged: true }),
  ...Object.fromEntries(
    ['cursor', 'task', 'capabilities', 'clientInfo', 'requestId', 'inputResponses', 'requestState', 'level', 'uri'].map(
      (name) => [name, junk],
    ),
  ),
});
const METHODS = ['initialize', 'ping', 'tools/list', 'tools/call', 'server/discover', 'subscriptions/listen'];
const OTHERS = [
  'notifications/cancelled',
  'logging/setLevel',
  'resources/read',
  'completion/complete',
  'tasks/get',
  'x',
];
const strangeMessage = fc
  .record(
    { jsonrpc: mostly('2.0'), method: mostly(...METHODS, ...OTHERS), params: strangeParams, more: junk },
    { requiredKeys: ['jsonrpc', 'method'] },
  )
  .map((message) => ({ ...message, id: crypto.randomUUID() }));

/** The app on streams of this process. `send` resolves with the response to a message's id. */
function connect() {
  const waiting = new Map<unknown, (answer: string) => void>();
  const logged: string[] = [];
  const stdin = new PassThrough();
  const stdout = new PassThrough().on('data', (line: Buffer) => {
    const { id, params } = JSON.parse(String(line));
    // A subscription is acknowledged by a notification, and answered when it ends.
    waiting.get(id ?? params?._meta?.['io.modelcontextprotocol/subscriptionId'])?.(String(line));
  });
  const app = createApp(loadConfig({}), { runtime: 'test', fetch }, () => {});
  serveStdio(app, { stdin, stdout, exit: () => {} }, (level, text) => {
    // A request for another version, or a second handshake, is answered and also logged.
    if (level !== 'debug' && !/version|2025-era/.test(text)) logged.push(text);
  });
  return {
    logged,
    async send(message: { readonly id: string; readonly [field: string]: unknown }): Promise<string> {
      const answered = new Promise<string>((resolve) => waiting.set(message.id, resolve));
      stdin.write(`${JSON.stringify(message)}\n`);
      return await answered;
    },
  };
}
