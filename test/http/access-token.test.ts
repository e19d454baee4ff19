// Hand-made access tokens, each valid or invalid in one way. Node gets all of them, the other runtimes those that their
// own cryptography decides.
import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ORIGIN, TOKEN } from '../support/http-cases.ts';
import type { HttpServer } from '../support/http-server.ts';
import {
  AUDIENCE,
  call,
  createKey,
  now,
  SCOPES,
  type SigningKey,
  serve,
  sign,
  startIssuer,
  type TestIssuer,
} from '../support/issuer.ts';
import { built, node } from '../support/programs.ts';
import { type RawAnswer, send } from '../support/raw-http.ts';

const METADATA = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp';
const parameters = `resource_metadata="${METADATA}", scope="${SCOPES}"`;
const CHALLENGE = `Bearer realm="sequence-mcp-server", ${parameters}`;
const INVALID = `Bearer realm="sequence-mcp-server", error="invalid_token", ${parameters}`;
const INSUFFICIENT = `Bearer realm="sequence-mcp-server", error="insufficient_scope", ${parameters}`;
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Makes a token from an issuer's URL, one of its keys, and a key of another issuer. */
type Make = (url: string, key: SigningKey, other: SigningKey) => string | Promise<string>;

const GOOD: Record<string, Make> = {
  'of scope, a string': (url, key) => sign(url, key),
  'of scope, a list': (url, key) => sign(url, key, { scope: SCOPES.split(' ') }),
  'of scp, a string': (url, key) => sign(url, key, { scope: undefined, scp: SCOPES }),
  'of scp, a list': (url, key) => sign(url, key, { scope: undefined, scp: SCOPES.split(' ') }),
  'with more scopes': (url, key) => sign(url, key, { scope: `openid ${SCOPES} more` }),
  'for several audiences': (url, key) => sign(url, key, { aud: ['https://other.example', AUDIENCE] }),
  'that expired by the clock of another machine': (url, key) => sign(url, key, { exp: now() - 5 }),
  'valid by the clock of another machine': (url, key) => sign(url, key, { nbf: now() + 5 }),
  'of the type JWT': (url, key) => sign(url, key, {}, { typ: 'JWT' }),
  'of no type': (url, key) => sign(url, key, {}, { typ: undefined }),
};

/** Refused with 401 and this message. `asks` is true if the check needs the issuer's keys. */
const BAD: Record<string, { make: Make; says: string; asks?: true }> = {
  'of another issuer': { make: (url, key) => sign(url, key, { iss: `${url}/` }), says: 'is of another issuer' },
  'of no issuer': { make: (url, key) => sign(url, key, { iss: undefined }), says: 'is of another issuer' },
  'for another audience': {
    make: (url, key) => sign(url, key, { aud: 'https://mcp.example.com' }),
    says: 'is for another audience',
  },
  'for no audience': { make: (url, key) => sign(url, key, { aud: undefined }), says: 'is for another audience' },
  'for an empty list of audiences': {
    make: (url, key) => sign(url, key, { aud: [] }),
    says: 'is for another audience',
  },
  'that expired': { make: (url, key) => sign(url, key, { exp: now() - 60 }), says: 'has expired', asks: true },
  'that never expires': {
    make: (url, key) => sign(url, key, { exp: undefined }),
    says: 'has no valid "exp"',
    asks: true,
  },
  'of no subject': { make: (url, key) => sign(url, key, { sub: undefined }), says: 'has no valid "sub"', asks: true },
  'of an empty subject': { make: (url, key) => sign(url, key, { sub: '' }), says: 'has no valid "sub"', asks: true },
  'that is not valid yet': {
    make: (url, key) => sign(url, key, { nbf: now() + 60 }),
    says: 'has no valid "nbf"',
    asks: true,
  },
  'of another type': {
    make: (url, key) => sign(url, key, {}, { typ: 'logout+jwt' }),
    says: 'is a token of another type',
    asks: true,
  },
  'that is not signed': {
    make: async (url, key) => {
      const [, claims] = (await sign(url, key)).split('.');
      return `${base64url({ alg: 'none', typ: 'at+jwt' })}.${claims}.`;
    },
    says: 'is not signed with an algorithm that is accepted here',
  },
  'signed with a public key as a secret': {
    make: async (url, key) => {
      const hmac = await crypto.subtle.importKey(
        'raw',
        Buffer.from(JSON.stringify(key.jwk)),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['sign'],
      );
      const [, claims] = (await sign(url, key)).split('.');
      const signed = `${base64url({ alg: 'HS256', kid: key.kid })}.${claims}`;
      const signature = await crypto.subtle.sign('HMAC', hmac, Buffer.from(signed));
      return `${signed}.${Buffer.from(signature).toString('base64url')}`;
    },
    says: 'is not signed with an algorithm that is accepted here',
  },
  "signed with another issuer's key": {
    make: (url, key, other) => sign(url, { ...other, kid: key.kid }),
    says: 'has a wrong signature',
    asks: true,
  },
  'signed with a key that is not published': {
    make: (url, _, other) => sign(url, other),
    says: 'is signed with a key that its issuer does not publish',
    asks: true,
  },
  'with its own key in the header': {
    make: (url, key, other) => sign(url, other, {}, { jwk: other.jwk, kid: key.kid }),
    says: 'has a wrong signature',
    asks: true,
  },
  'that names none of several keys': {
    make: (url, key) => sign(url, key, {}, { kid: undefined }),
    says: 'does not name its key, and its issuer has several',
    asks: true,
  },
  'changed after it was signed': {
    make: async (url, key) => {
      const [header, , signature] = (await sign(url, key)).split('.');
      const claims = base64url({ iss: url, aud: AUDIENCE, sub: 'another-user', exp: now() + 600, scope: SCOPES });
      return `${header}.${claims}.${signature}`;
    },
    says: 'has a wrong signature',
    asks: true,
  },
  'that wants an unknown extension': {
    make: (url, key) => sign(url, key, {}, { kid: key.kid, 'urn:x': 1 }).then((token) => withCrit(token)),
    says: 'is not valid',
    asks: true,
  },
};

/** The token with an unknown critical extension. */
function withCrit(token: string): string {
  const [header = '', ...rest] = token.split('.');
  return [base64url({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), crit: ['urn:x'] }), ...rest].join(
    '.',
  );
}

const LACKING: Record<string, Make> = {
  'no scope': (url, key) => sign(url, key, { scope: undefined }),
  'one of two scopes': (url, key) => sign(url, key, { scope: 'sequence:read' }),
  'scopes that only begin alike': (url, key) => sign(url, key, { scope: 'sequence:read:all team:billings' }),
  'scopes in a number': (url, key) => sign(url, key, { scope: 1 }),
};

const ON_ALL = ['of scope, a string', 'changed after it was signed', 'one of two scopes'];

describe.each(built)('an access token on $name', (program) => {
  const casesOf = <Case>(cases: Record<string, Case>): [string, Case][] =>
    Object.entries(cases).filter(([name]) => program === node || ON_ALL.includes(name));
  let issuer: TestIssuer;
  let server: HttpServer;
  let key: SigningKey;
  let other: SigningKey;
  beforeAll(async () => {
    [key, other] = [await createKey('first'), await createKey('other')];
    issuer = await startIssuer('', [await createKey('older'), key]);
    server = await serve(program, issuer.url);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
  });

  it('causes no request to the issuer at start-up, nor if it is invalid without keys', async () => {
    for (const { make, says, asks } of Object.values(BAD)) {
      if (!asks) expect((await call(server, await make(issuer.url, key, other))).body).toContain(says);
    }
    expect(issuer.asked).toEqual([]);
  });

  it.each(casesOf(GOOD))('%s is accepted', async (_, make) => {
    expect(await call(server, await make(issuer.url, key, other))).toMatchObject({
      status: 200,
      body: expect.stringContaining('"outcome":"found"'),
    });
  });

  it.each(casesOf(BAD))('%s is refused', async (_, { make, says }) => {
    const token = await make(issuer.url, key, other);
    let answer: RawAnswer | undefined;
    // For a second after a fetch of the keys, an unpublished key may be new.
    await expect
      .poll(async () => {
        answer = await call(server, token);
        return answer.status;
      })
      .not.toBe(503);
    const { status, headers = {}, body = '' } = answer ?? {};
    expect({ status, challenge: headers['www-authenticate'] }).toEqual({ status: 401, challenge: INVALID });
    expect(JSON.parse(body).detail).toContain(says);
  });

  it.each(casesOf(LACKING))('with %s gets a list of all required scopes', async (_, make) => {
    const { status, headers } = await call(server, await make(issuer.url, key, other));
    expect({ status, challenge: headers['www-authenticate'] }).toEqual({ status: 403, challenge: INSUFFICIENT });
  });

  it.runIf(program === node)('is distinguished from a fixed token, which is accepted too', async () => {
    expect((await call(server, TOKEN)).status).toBe(200);
    for (const token of ['smcp_wrong', 'a.b.c', 'a.b.c.d.e', '.', `${base64url({ alg: 'ES256' })}..`]) {
      const { status, headers, body } = await call(server, token);
      expect({ status, challenge: headers['www-authenticate'] }).toEqual({ status: 401, challenge: INVALID });
      expect(body).toContain('This token is not known here.');
    }
    const { status, headers } = await call(server, null);
    expect({ status, challenge: headers['www-authenticate'] }).toEqual({ status: 401, challenge: CHALLENGE });
  });

  it.runIf(program === node)('appears in the log only as a hash of its issuer and subject', async () => {
    // A server of its own, whose log has no line of another test.
    await using server = await serve(program, issuer.url);
    const token = await sign(issuer.url, key, { sub: 'mary@example.com' });
    const callers = () => server.log().flatMap(({ caller }) => caller ?? []);
    await call(server, token);
    await expect.poll(() => callers().length).toBe(1);
    await call(server, await sign(issuer.url, key, { sub: 'john@example.com' }));
    await expect.poll(() => callers().length).toBe(2);
    const [mary, john] = callers();
    expect(mary).toMatch(/^oauth:[\da-f]{16}$/);
    expect(john).not.toBe(mary);
    for (const part of ['mary', 'john', ...token.split('.'), TOKEN]) expect(server.stderr()).not.toContain(part);
  });

  it.runIf(program === node)('has public metadata at both paths', async () => {
    const document = {
      resource: AUDIENCE,
      authorization_servers: [issuer.url],
      bearer_methods_supported: ['header'],
      scopes_supported: SCOPES.split(' '),
    };
    for (const path of ['', '/mcp', '/mcp/']) {
      const target = `/.well-known/oauth-protected-resource${path}`;
      const ask = (method: string, headers = {}) =>
        send(server.url, { method, target, headers: { authorization: null, ...headers } }, 'mcp.example.com');
      const { status, headers, body } = await ask('GET');
      expect({ status, type: headers['content-type'], document: JSON.parse(body) }).toEqual({
        status: 200,
        type: expect.stringMatching(/^application\/json/),
        document,
      });
      expect(await ask('HEAD')).toMatchObject({ status: 200, body: '' });
      expect(await ask('POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
      expect(await ask('GET', { host: 'evil.example' })).toMatchObject({ status: 403 });
      expect(await ask('GET', { origin: 'https://evil.example' })).toMatchObject({ status: 403 });
      const shared = { 'access-control-allow-origin': ORIGIN };
      expect(await ask('GET', { origin: ORIGIN })).toMatchObject({ status: 200, headers: shared });
      const preflight = { origin: ORIGIN, 'access-control-request-method': 'GET' };
      expect(await ask('OPTIONS', preflight)).toMatchObject({ status: 204, headers: shared });
    }
  });
});
