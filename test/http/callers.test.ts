// Limits for each caller: rate, slots and calls in progress. They are the same on every runtime.
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createCallers, serveCall } from '../../src/http/callers.ts';
import { FIND } from '../support/http-cases.ts';
import { startHttp } from '../support/http-server.ts';
import { keyed, node } from '../support/programs.ts';
import { send } from '../support/raw-http.ts';
import { startUpstream } from '../support/upstream.ts';

const entry = (name: string) => `${name}:${createHash('sha256').update(name).digest('hex')}`;
const as = (name: string) => ({ authorization: `Bearer ${name}` });

/** An endpoint for two callers, and a Sequence whose responses the test releases. */
async function serve(env: Record<string, string> = {}) {
  const waiting: { value: string | null; respond: (page: object) => void }[] = [];
  const upstream = await startUpstream((request, response: ServerResponse) => {
    const { searchParams } = new URL(request.url ?? '', 'http://upstream');
    const respond = (page: object) => void response.end(JSON.stringify(page));
    waiting.push({ value: searchParams.get('value'), respond });
  });
  const server = await startHttp(node, {
    env: keyed(upstream.url, { SEQUENCE_MCP_TOKENS: `${entry('one')} ${entry('two')}`, ...env }),
  });
  return {
    server,
    waiting,
    call: (name: string, alias: string) =>
      send(server.url, { headers: as(name), body: FIND.replace('crm-1042', alias) }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

const END = { items: [], pagination: {} };
/** A page before others, without the wanted alias. */
const page = (number: number) => ({ items: [], pagination: { after: `page-${number}` } });
const isOf = (value: string) => (request: { value: string | null }) => request.value === value;

describe('callers', () => {
  it('a second caller waits for at most one request, whatever the first does', async () => {
    await using served = await serve();
    const { waiting, call } = served;
    const patient = call('two', 'patient');
    await expect.poll(() => waiting.length).toBe(1);
    const greedy = Array.from({ length: 48 }, () => call('one', 'greedy'));
    await expect.poll(() => waiting.length).toBe(8);
    waiting.shift()?.respond(page(1));
    // The first caller got the slot of its first page, unless it requested the next page earlier.
    await expect.poll(() => waiting.length).toBe(8);
    if (!waiting.some(isOf('patient'))) waiting.shift()?.respond(page(1));
    await expect.poll(() => waiting.filter(isOf('patient')).length).toBe(1);
    waiting.find(isOf('patient'))?.respond(END);
    // Without a near miss, other spellings are requested too.
    const release = setInterval(() => waiting.splice(0).map(({ respond }) => respond(END)), 5);
    expect((await patient).body).toContain('not_found');
    await Promise.all(greedy);
    clearInterval(release);
  });

  it('a call counts as its requests; lists and notifications do not count', async () => {
    await using served = await serve({ SEQUENCE_MCP_CALLS_PER_MINUTE: '4' });
    const { waiting, call, server } = served;
    const search = call('one', 'x');
    for (let number = 1; number <= 4; number++) {
      await expect.poll(() => waiting.length).toBe(1);
      waiting.shift()?.respond(page(number));
    }
    // The fifth page exceeds the limit, and a minute is longer than a call.
    expect(JSON.parse((await search).body).result.structuredContent).toMatchObject({
      outcome: 'unfinished',
      page: { after: 'page-4' },
    });
    const refused = await call('one', 'x');
    expect(refused).toMatchObject({
      status: 429,
      headers: { 'content-type': expect.stringMatching(/^application\/json/) },
    });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(refused.body)).toMatchObject({
      id: 1,
      error: { message: expect.stringContaining('too many calls') },
    });
    for (const method of ['tools/list', 'ping', 'notifications/initialized']) {
      const body = JSON.stringify({ jsonrpc: '2.0', ...(method[0] !== 'n' && { id: 2 }), method });
      expect((await send(server.url, { headers: as('one'), body })).status).toBeLessThan(300);
    }
    const other = call('two', 'y');
    await expect.poll(() => waiting.length).toBe(1);
    const release = setInterval(() => waiting.splice(0).map(({ respond }) => respond(END)), 5);
    expect((await other).status).toBe(200);
    clearInterval(release);
  });
});

const config = {
  ...{
    url: undefined,
    tokens: [] as { name: string; sha256: string }[],
    oauth: undefined,
    origins: [],
    contact: undefined,
  },
  callsPerMinute: 300,
};

it('leaves half of the process’s rate limit to others', () => {
  const tokens = [{ name: 'x', sha256: '' }];
  const most = (endpoint: typeof config, requestsPerMinute: number) => {
    const limit = createCallers(endpoint, requestsPerMinute).limitOf('one');
    return Array.from({ length: 400 }, () => limit.take()).filter((wait) => wait === 0).length;
  };
  expect(most(config, 100)).toBe(100);
  expect(most({ ...config, tokens }, 100)).toBe(50);
  expect(most({ ...config, tokens }, 1_500)).toBe(300);
});

it('leaves half of the calls in progress to others, unless there is one caller', () => {
  const take = (isOnlyCaller: boolean) => {
    const callers = createCallers({ ...config, tokens: isOnlyCaller ? [] : [{ name: 'x', sha256: '' }] }, 1_500);
    const begin = (name: string, count: number) =>
      Array.from({ length: count }, () => callers.begin(name)).filter((end) => typeof end === 'function');
    return { callers, one: begin('one', 300).length, two: begin('two', 300).length };
  };
  expect(take(true)).toMatchObject({ one: 256, two: 0 });
  const { callers, ...counts } = take(false);
  expect(counts).toEqual({ one: 128, two: 128 });
  expect(callers.begin('three')).toBe('process full');
});

it('refuses a call past the limit with a Retry-After', async () => {
  const callers = createCallers({ ...config, tokens: [{ name: 'x', sha256: '' }] }, 1_500);
  const full = () => {
    throw new Error('served');
  };
  const refusalOf = async (name: string) => {
    const { status, headers } = await serveCall(callers, name, JSON.parse(FIND), full);
    return { status, wait: headers.get('retry-after') };
  };
  for (let n = 0; n < 128; n++) callers.begin('one');
  expect(await refusalOf('one')).toEqual({ status: 429, wait: '5' });
  for (let n = 0; n < 128; n++) callers.begin('two');
  expect(await refusalOf('three')).toEqual({ status: 503, wait: '5' });
});

it('frees its slot when a call ends', () => {
  const callers = createCallers({ ...config, tokens: [{ name: 'x', sha256: '' }] }, 1_500);
  const ends = Array.from({ length: 128 }, () => callers.begin('one'));
  expect(callers.begin('one')).toBe('caller full');
  const [end] = ends;
  if (typeof end === 'function') end();
  expect(callers.begin('one')).toBeTypeOf('function');
});
