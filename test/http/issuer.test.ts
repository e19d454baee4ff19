// Issuers that move, rotate their keys, fail, or do not exist.
import { describe, expect, it } from 'vitest';
import { TOKEN } from '../support/http-cases.ts';
import { startHttp } from '../support/http-server.ts';
import { AUDIENCE, call, createKey, type SigningKey, serve, sign, startIssuer } from '../support/issuer.ts';
import { residentKb } from '../support/proc.ts';
import { built } from '../support/programs.ts';
import { send } from '../support/raw-http.ts';
import { startSequence } from '../support/upstream.ts';

describe.each(built)('an issuer on $name', (program) => {
  it('is found with a path, in whichever form', async () => {
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
      await using server = await serve(program, issuer.url);
      const [key] = issuer.keys as [SigningKey];
      expect(await call(server, await sign(issuer.url, key))).toMatchObject({ status: 200 });
    }
  });

  it('is asked once by many at once, and its new key is found; unknown keys are no flood there', async () => {
    await using issuer = await startIssuer();
    await using server = await serve(program, issuer.url);
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
    expect(await statuses(Array(30).fill(renewed))).toEqual([200]);
    expect(asks()).toBe(2);

    const flood = await Promise.all(
      Array.from({ length: 100 }, (_, n) => sign(issuer.url, { ...unknown, kid: `unknown-${n}` })),
    );
    expect(await statuses(flood)).toEqual([401]);
    expect(await statuses([good, renewed])).toEqual([200]);
    // The cooldown may end once in the middle of the flood.
    expect(asks()).toBeLessThanOrEqual(3);
  });

  it('has its new key found by tokens that name none, too', async () => {
    await using issuer = await startIssuer();
    await using server = await serve(program, issuer.url);
    const unnamed = (key: SigningKey) => sign(issuer.url, key, {}, { kid: undefined });
    const [key] = issuer.keys as [SigningKey];
    expect(await call(server, await unnamed(key))).toMatchObject({ status: 200 });
    issuer.keys = [await createKey('second')];
    const [second] = issuer.keys as [SigningKey];
    expect(await call(server, await unnamed(second))).toMatchObject({ status: 200 });
    expect(await call(server, await unnamed(key))).toMatchObject({ status: 401 });
  });

  it('that is of no use is 503, never 401, and is found when it is well again', async () => {
    await using issuer = await startIssuer();
    await using server = await serve(program, issuer.url);
    const [key] = issuer.keys as [SigningKey];
    const token = await sign(issuer.url, key);
    const { metadata } = issuer;
    const broken: Record<string, () => void> = {
      'is down': () => {
        issuer.answers = (_, response) => response.destroy();
      },
      fails: () => {
        issuer.answers = (_, response) => response.writeHead(500).end('no');
      },
      redirects: () => {
        issuer.answers = (path, response) => response.writeHead(302, { location: `/elsewhere${path}` }).end();
      },
      'is not JSON': () => {
        issuer.answers = (_, response) => response.end('<html>');
      },
      'names another issuer': () => {
        issuer.metadata = { ...metadata, issuer: `${issuer.url}/` };
      },
      'has keys on plain http elsewhere': () => {
        // Every address of this machine, and so no loopback to us.
        issuer.metadata = { ...metadata, jwks_uri: `http://0.0.0.0:${new URL(issuer.url).port}/keys` };
      },
      'has no address of keys': () => {
        issuer.metadata = { issuer: issuer.url };
      },
      'has no keys': () => {
        issuer.answers = (path, response) =>
          path === '/keys' ? response.end('{"keys":[]}') : issuer.answersWell(path, response);
      },
    };
    for (const [name, spoil] of Object.entries(broken)) {
      issuer.answers = issuer.answersWell;
      issuer.metadata = metadata;
      spoil();
      // A failure is remembered for a second.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const { status, headers } = await call(server, token);
      expect({ name, status, ...headers }).toMatchObject({ status: 503, 'retry-after': '5' });
      expect(headers).not.toHaveProperty('www-authenticate');
      expect((await call(server, TOKEN)).status).toBe(200);
    }
    issuer.answers = issuer.answersWell;
    issuer.metadata = metadata;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await call(server, token)).status).toBe(200);
    // Keys that are known go on being used; only an unknown one needs the issuer.
    issuer.answers = (_, response) => response.destroy();
    expect((await call(server, token)).status).toBe(200);
    expect((await call(server, await sign(issuer.url, await createKey('new')))).status).toBe(503);
    expect(server.stderr()).toContain(`names ${issuer.url}/ as the issuer, not ${issuer.url}`);
  });

  it.each(['metadata', 'keys'])('whose %s never end costs neither memory nor much time', async (endless) => {
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

  it('that never answers is 503 for all who wait, after one try', async () => {
    await using issuer = await startIssuer();
    issuer.answers = () => {};
    await using server = await serve(program, issuer.url);
    const [key] = issuer.keys as [SigningKey];
    const token = await sign(issuer.url, key);
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(server, token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(issuer.asked.length).toBe(1);
  });

  it('and Sequence hear of no token', async () => {
    await using issuer = await startIssuer();
    await using sequence = await startSequence({ aliases: [] });
    const env = {
      SEQUENCE_CLIENT_ID: 'key',
      SEQUENCE_CLIENT_SECRET: 'secret',
      SEQUENCE_API_URL: sequence.url,
      SEQUENCE_MCP_URL: AUDIENCE,
      SEQUENCE_MCP_ISSUER: issuer.url,
    };
    await using server = await startHttp(program, { env });
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

  it('that is not configured is nowhere', async () => {
    await using server = await serve(program);
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
    // On the page, a command of Claude Code's has an option of that name.
    const said = JSON.stringify(answers).replace('--scope user', '');
    expect(said).not.toMatch(/oauth|resource_metadata|scope|issuer/i);
  });
});
