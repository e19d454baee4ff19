// A Worker's authentication, rate limits, and response without configuration.
import { readFileSync } from 'node:fs';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDemoAliases } from '../../src/demo/customers.ts';
import { FIND, TOKEN } from '../support/http-cases.ts';
import { createKey, SCOPES, type SigningKey, sign, startIssuer } from '../support/issuer.ts';
import { at } from '../support/programs.ts';
import { startSequence, type Upstream } from '../support/upstream.ts';
import { configured, startWorker } from '../support/worker.ts';

const times = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));

describe('a Worker', () => {
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startSequence({ aliases: createDemoAliases() });
  });
  afterAll(() => upstream[Symbol.asyncDispose]());

  it('accepts access tokens beside fixed ones, and caches keys that simultaneous calls fetched', async () => {
    await using issuer = await startIssuer();
    const oauth = { SEQUENCE_MCP_ISSUER: issuer.url, SEQUENCE_MCP_SCOPE: SCOPES };
    await using worker = await startWorker({ bindings: configured(upstream.url, oauth) });
    const call = (token: string) => worker.send({ headers: { authorization: `Bearer ${token}` } });
    const [key] = issuer.keys as [SigningKey];

    const good = await sign(issuer.url, key);
    const answers = await times(30, () => call(good));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const asked = issuer.asked.length;
    expect(await call(good)).toMatchObject({ status: 200 });
    expect(issuer.asked).toHaveLength(asked);
    expect(worker.log.join()).not.toMatch(/different request|hung/);
    expect(await call(TOKEN)).toMatchObject({ status: 200 });

    const second = await createKey('second', 'RS256');
    issuer.keys = [second];
    const renewed = await sign(issuer.url, second);
    // Never 401: for a second after a fetch of the keys, the key may be new.
    await expect.poll(async () => (await call(renewed)).status).not.toBe(503);
    const askedAgain = issuer.asked.length;
    for (const { status } of await times(30, () => call(renewed))) expect(status).toBe(200);
    expect(issuer.asked).toHaveLength(askedAgain);

    expect(await call(await sign(issuer.url, second, { aud: 'https://other.example' }))).toMatchObject({ status: 401 });
    expect(await call(await sign(issuer.url, second, { scope: 'other' }))).toMatchObject({ status: 403 });
    const { headers } = await worker.send({ headers: { authorization: null } });
    const metadata = /resource_metadata="https:\/\/mcp\.example\.com([^"]+)"/.exec(
      headers['www-authenticate'] ?? '',
    )?.[1];
    const document = await worker.send({ method: 'GET', target: metadata ?? '' });
    expect(JSON.parse(document.body)).toMatchObject({ authorization_servers: [issuer.url] });
    const callers = new Set(worker.records().map(({ caller }) => caller));
    expect([...callers].filter((caller) => /^oauth:[\da-f]{16}$/.test(String(caller)))).toHaveLength(1);
  });

  it('answers 503 while the issuer is unreachable, and serves once it recovers', async () => {
    await using issuer = await startIssuer();
    const oauth = { SEQUENCE_MCP_TOKENS: '', SEQUENCE_MCP_ISSUER: issuer.url };
    await using worker = await startWorker({ bindings: configured(upstream.url, oauth) });
    const [key] = issuer.keys as [SigningKey];
    const authorization = `Bearer ${await sign(issuer.url, key)}`;
    const call = () => worker.send({ headers: { authorization } });
    issuer.answers = (_, response) => response.destroy();
    for (const { status, headers } of await times(10, call)) {
      expect(status).toBe(503);
      expect(headers).toHaveProperty('retry-after');
    }
    issuer.answers = issuer.answersWell;
    await expect.poll(async () => (await call()).status).toBe(200);
  });

  it('keeps the key out of its log, whatever its source', async () => {
    await using issuer = await startIssuer();
    const secret = 'a-secret-of-some-length';
    const variables = { SEQUENCE_MCP_ISSUER: issuer.url, SEQUENCE_CLIENT_SECRET: secret };
    await using worker = await startWorker({ bindings: configured(upstream.url, variables) });
    const [key] = issuer.keys as [SigningKey];
    issuer.metadata = { ...issuer.metadata, issuer: secret };
    const authorization = `Bearer ${await sign(issuer.url, key)}`;
    expect(await worker.send({ headers: { authorization } })).toMatchObject({ status: 503 });
    await expect.poll(() => worker.log.join()).toContain('names [redacted] as the issuer');
    expect(worker.log.join()).not.toContain(secret);
  });

  it('keeps serving after a failed request', async () => {
    await using worker = await startWorker({ bindings: configured(upstream.url) });
    for (const request of [{ body: '{' }, { headers: { authorization: 'Bearer x' } }, { target: '/nothing' }]) {
      expect((await worker.send(request)).status).toBeGreaterThanOrEqual(400);
      expect(await worker.send({})).toMatchObject({ status: 200 });
    }
  });

  it('counts the calls of a caller without a binding', async () => {
    const bindings = configured(upstream.url, { SEQUENCE_MCP_CALLS_PER_MINUTE: 3 });
    await using worker = await startWorker({ bindings });
    const answers = [];
    for (let call = 0; call < 7; call++) answers.push(await worker.send({}));
    expect(answers.slice(0, 3).map(({ status }) => status)).toEqual([200, 200, 200]);
    const refused = answers.find(({ status }) => status !== 200);
    expect(refused).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.stringMatching(/^(60|[1-5]?\d)$/) },
    });
    expect(await worker.send({ headers: { authorization: null } })).toMatchObject({ status: 401 });
  });

  it.each<[string, Record<string, string>, RegExp[]]>([
    [
      'no variables',
      {},
      [/SEQUENCE_CLIENT_ID is/, /SEQUENCE_CLIENT_SECRET is/, /SEQUENCE_MCP_URL must/, /SEQUENCE_MCP_TOKENS or/],
    ],
    ['no key', { ...configured('https://x.example'), SEQUENCE_CLIENT_SECRET: '' }, [/SEQUENCE_CLIENT_SECRET is not/]],
    ['no callers', { ...configured('https://x.example'), SEQUENCE_MCP_TOKENS: '' }, [/TOKENS or .* may call\./]],
    [
      'no callers, on loopback',
      { ...configured('https://x.example'), SEQUENCE_MCP_URL: 'http://localhost/mcp', SEQUENCE_MCP_TOKENS: '' },
      [/TOKENS or .* may call\./],
    ],
    [
      'a wrong token',
      { ...configured('https://x.example'), SEQUENCE_MCP_TOKENS: 'a:b' },
      [/SEQUENCE_MCP_TOKENS: entry 1/],
    ],
  ])('configured with %s answers 503, with the reasons in its log alone', async (_, bindings, problems) => {
    await using worker = await startWorker({ bindings });
    for (const target of ['/mcp', '/readyz', '/']) {
      const { status, body } = await worker.send({ target });
      expect(status).toBe(503);
      expect(JSON.parse(body).detail).toBe('This endpoint is not configured; its log says what is missing.');
    }
    await expect.poll(worker.records).toHaveLength(3 * problems.length);
    const messages = worker.records().map(({ level, message }) => `${level} ${message}`);
    for (const problem of problems) expect(messages.join('\n')).toMatch(problem);
  });
});

it('a Worker called through a service binding, without a Host', async () => {
  await using upstream = await startSequence({ aliases: createDemoAliases() });
  const caller = `export default { async fetch(request, { MCP }) {
    const { url, body } = await request.json();
    return MCP.fetch(url, { method: 'POST', body: JSON.stringify(body), headers: {
      'content-type': 'application/json', authorization: 'Bearer ${TOKEN}' } });
  } }`;
  const miniflare = new Miniflare({
    workers: [
      {
        name: 'caller',
        modules: [{ type: 'ESModule', path: 'caller.js', contents: caller }],
        serviceBindings: { MCP: 'endpoint' },
      },
      {
        name: 'endpoint',
        modules: [{ type: 'ESModule', path: 'worker.js', contents: readFileSync(at('dist/worker.js'), 'utf8') }],
        bindings: configured(upstream.url),
      },
    ].map((worker) => ({ ...worker, compatibilityDate: '2026-07-30' })),
    cf: false,
    host: '127.0.0.1',
    port: 0,
  });
  try {
    const url = await miniflare.ready;
    const call = async (host: string) => {
      const body = JSON.stringify({ url: `https://${host}/mcp`, body: JSON.parse(FIND) });
      return (await fetch(url, { method: 'POST', body })).text();
    };
    expect(await call('mcp.example.com')).toContain('found');
    expect(await call('other.example.com')).toContain('This host is not served here.');
  } finally {
    await miniflare.dispose();
  }
});
