// Issuers that redirect, rotate their keys, fail, or do not exist. On Bun and Deno only what depends on their `fetch`.
import { describe, expect, it } from 'vitest';
import { TOKEN } from '../support/http-cases.ts';
import { startHttp } from '../support/http-server.ts';
import { AUDIENCE, call, createKey, type SigningKey, serve, sign, startIssuer } from '../support/issuer.ts';
import { residentKb } from '../support/proc.ts';
import { built, node } from '../support/programs.ts';
import { send } from '../support/raw-http.ts';
import { startSequence } from '../support/upstream.ts';

describe('an issuer', () => {
  it('is found with a path, in either form', async () => {
    for (const form of [
      '/.well-known/oauth-authorization-server/realms/team',
      '/realms/team/.well-known/openid-configuration',
      '/.well-known/openid-configuration/realms/team',
    ]) {
      await using issuer = await startIssuer('/realms/team');
      issuer.answers = (path, response) => {
        if (path === form) response.end(JSON.stringify(issuer.metadata));
        else if (path.endsWith('/keys')) issuer.answersWell(path, response);
        else response.writeHead(404).end();
      };
      await using server = await serve(node, issuer.url);
      const [key] = issuer.keys as [SigningKey];
      expect(await call(server, await sign(issuer.url, key))).toMatchObject({ status: 200 });
    }
  });

  it('gets one request for simultaneous tokens, one for a new key, and no flood for unknown keys', async () => {
    await using issuer = await startIssuer();
    await using server = await serve(node, issuer.url);
    const [key] = issuer.keys as [SigningKey];
    const asks = () => issuer.asked.filter((path) => path === '/keys').length;
    const statuses = async (tokens: string[]) => [
      ...new Set((await Promise.all(tokens.map((token) => call(server, token)))).map(({ status }) => status)),
    ];
    const good = await sign(issuer.url, key);
    expect(await statuses(Array(30).fill(good))).toEqual([200]);
    expect(asks()).toBe(1);

    const [second, unknown] = [await createKey('second', 'RS256'), await createKey('unknown')];
    issuer.keys = [second, key];
    const renewed = await sign(issuer.url, second);
    // Never 401: during the cooldown the key may be new.
    const seen = new Set<number>();
    await expect.poll(async () => seen.add((await call(server, renewed)).status)).toContain(200);
    expect([...seen].filter((status) => status !== 503)).toEqual([200]);
    expect(asks()).toBe(2);

    const startedAt = performance.now();
    // In sequence, so that none waits for the request of another.
    for (let n = 0; n < 20; n++) {
      const [status] = await statuses([await sign(issuer.url, { ...unknown, kid: `unknown-${n}` })]);
      expect([401, 503]).toContain(status);
    }
    expect(await statuses([good, renewed])).toEqual([200]);
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(asks()).toBeLessThanOrEqual(3 + seconds);
  });

  it('has its new key found by tokens without a key id too', async () => {
    await using issuer = await startIssuer();
    await using server = await serve(node, issuer.url);
    const unnamed = (key: SigningKey) => sign(issuer.url, key, {}, { kid: undefined });
    const statusOf = async (key: SigningKey) => (await call(server, await unnamed(key))).status;
    const [key] = issuer.keys as [SigningKey];
    expect(await statusOf(key)).toBe(200);
    const second = await createKey('second');
    issuer.keys = [second];
    await expect.poll(() => statusOf(second)).toBe(200);
    await expect.poll(() => statusOf(key)).toBe(401);
  });

  it('never gets an access token forwarded, nor does Sequence', async () => {
    await using issuer = await startIssuer();
    await using sequence = await startSequence({ aliases: [] });
    const env = {
      SEQUENCE_CLIENT_ID: 'key',
      SEQUENCE_CLIENT_SECRET: 'secret',
      SEQUENCE_API_URL: sequence.url,
      SEQUENCE_MCP_URL: AUDIENCE,
      SEQUENCE_MCP_ISSUER: issuer.url,
    };
    await using server = await startHttp(node, { env });
    const [key] = issuer.keys as [SigningKey];
    const token = await sign(issuer.url, key);
    expect(await call(server, token)).toMatchObject({ status: 200, body: expect.stringContaining('not_found') });
    expect(sequence.received.length).toBeGreaterThan(0);
    for (const part of token.split('.')) {
      expect(JSON.stringify(sequence.received.map(({ url, headers }) => [url, headers]))).not.toContain(part);
      expect(JSON.stringify([issuer.asked, issuer.headers])).not.toContain(part);
      expect(server.stderr()).not.toContain(part);
    }
  });

  it('that is not configured appears in no response', async () => {
    await using server = await serve(node);
    const get = { method: 'GET', headers: { authorization: null } };
    const answers = [
      await call(server, null),
      await call(server, 'a.b.c'),
      await call(server, TOKEN),
      ...(await Promise.all(
        [
          '/.well-known/oauth-protected-resource',
          '/.well-known/oauth-protected-resource/mcp',
          '/.well-known/oauth-authorization-server',
          '/.well-known/openid-configuration',
          '/',
        ].map((target) => send(server.url, { ...get, target }, 'mcp.example.com')),
      )),
    ];
    expect(answers.map(({ status }) => status).slice(0, 7)).toEqual([401, 401, 200, 404, 404, 404, 404]);
    // Commands on the page have an option of that name.
    const said = JSON.stringify(answers).replaceAll('--scope user', '');
    expect(said).not.toMatch(/oauth|resource_metadata|scope|issuer/i);
  });
});

describe.each(built)('an issuer on $name', { concurrent: true }, (program) => {
  it('that fails gives 503, never 401, and works again after it recovers', async ({ expect }) => {
    await using issuer = await startIssuer();
    await using server = await serve(program, issuer.url);
    const [key] = issuer.keys as [SigningKey];
    const token = await sign(issuer.url, key);
    const { metadata } = issuer;
    /** Each fault, and its log line. */
    const broken: readonly (readonly [says: string | RegExp, spoil: () => void])[] = [
      [
        'cannot be read',
        () => {
          issuer.answers = (_, response) => response.destroy();
        },
      ],
      [
        'cannot be read: status 500',
        () => {
          issuer.answers = (_, response) => response.writeHead(500).end('no');
        },
      ],
      [
        // Some runtimes hide the status of an unfollowed redirect.
        /openid-configuration cannot be read: status (?:302|0)/,
        () => {
          issuer.answers = (path, response) => response.writeHead(302, { location: `/elsewhere${path}` }).end();
        },
      ],
      [
        /cannot be read: .*JSON/,
        () => {
          issuer.answers = (_, response) => response.end('<html>');
        },
      ],
      [
        `names ${issuer.url}/ as the issuer, not ${issuer.url}`,
        () => {
          issuer.metadata = { ...metadata, issuer: `${issuer.url}/` };
        },
      ],
      [
        'jwks_uri is not an https address: http://0.0.0.0',
        () => {
          // The unspecified address, which is not loopback by name.
          issuer.metadata = { ...metadata, jwks_uri: `http://0.0.0.0:${new URL(issuer.url).port}/keys` };
        },
      ],
      [
        'jwks_uri is not an https address: undefined',
        () => {
          issuer.metadata = { issuer: issuer.url };
        },
      ],
      [
        '/keys has none',
        () => {
          issuer.answers = (path, response) =>
            path === '/keys' ? response.end('{"keys":[]}') : issuer.answersWell(path, response);
        },
      ],
    ];
    // Each runtime's `fetch` reports the first four differently.
    for (const [says, spoil] of program === node ? broken : broken.slice(0, 4)) {
      issuer.answers = issuer.answersWell;
      issuer.metadata = metadata;
      spoil();
      // The previous failure is cached for a second.
      await expect
        .poll(async () => {
          const { status, headers } = await call(server, token);
          expect({ says, status, ...headers }).toMatchObject({ status: 503, 'retry-after': '5' });
          expect(headers).not.toHaveProperty('www-authenticate');
          return server.stderr();
        })
        .toMatch(says);
      expect((await call(server, TOKEN)).status).toBe(200);
    }
    issuer.answers = issuer.answersWell;
    issuer.metadata = metadata;
    await expect.poll(async () => (await call(server, token)).status).toBe(200);
    // Known keys stay valid; only an unknown key needs the issuer.
    issuer.answers = (_, response) => response.destroy();
    expect((await call(server, token)).status).toBe(200);
    expect((await call(server, await sign(issuer.url, await createKey('new')))).status).toBe(503);
  });

  it.for(['metadata', 'keys'])('with endless %s costs little memory and time', async (endless, { expect }) => {
    await using issuer = await startIssuer();
    issuer.answers = (path, response) => {
      if ((path === '/keys') !== (endless === 'keys')) return issuer.answersWell(path, response);
      response.write('{"issuer":"');
      const fill = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', fill);
      fill();
    };
    await using server = await serve(program, issuer.url);
    const [key] = issuer.keys as [SigningKey];
    await call(server, TOKEN);
    const before = residentKb(server.pid);
    const token = await sign(issuer.url, key);
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(server, token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(residentKb(server.pid) - before).toBeLessThan(60_000);
  });

  it('that never responds gives 503 to all waiting calls after one try', async ({ expect }) => {
    await using issuer = await startIssuer();
    issuer.answers = () => {};
    await using server = await serve(program, issuer.url);
    const [key] = issuer.keys as [SigningKey];
    const token = await sign(issuer.url, key);
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(server, token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(issuer.asked.sort()).toEqual([
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
    ]);
  });
});
