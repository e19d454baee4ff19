// Authentication without a server, with real issuers on loopback. access-token.test.ts and issuer.test.ts test the endpoint
// on every runtime.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAccessTokens } from '../../src/http/auth/access-tokens.ts';
import { type Auth, createAuth } from '../../src/http/auth/authenticate.ts';
import { describeNewToken, sha256Hex } from '../../src/http/auth/fixed-tokens.ts';
import { AUDIENCE, createKey, type SigningKey, sign, startIssuer, type TestIssuer } from '../support/issuer.ts';

const TOKEN = 'smcp_of-the-tests';
const TOKENS = [{ name: 'ci', sha256: await sha256Hex(TOKEN) }];

interface Options {
  readonly scopes?: readonly string[];
  readonly callerClaim?: string;
  readonly contact?: string;
}

const logged: string[] = [];

function authFor(issuer: string, { scopes = [], callerClaim, contact }: Options = {}): Auth {
  const oauth = { issuer, audience: [], scopes, callerClaim };
  const verify = createAccessTokens(oauth, AUDIENCE, fetch, (_, message) => logged.push(message));
  return createAuth({ tokens: TOKENS, oauth, contact }, AUDIENCE, verify);
}

/** The caller's name, or the status of the refusal. */
async function ask(auth: Auth, token: string): Promise<string | number> {
  const caller = await auth.authenticate(`Bearer ${token}`);
  return typeof caller === 'string' ? caller : caller.status;
}

/** The refusal of a request with this header. */
async function refusalOf(auth: Auth, authorization?: string) {
  const response = await auth.authenticate(authorization);
  if (typeof response === 'string') throw new Error(`let in as ${response}`);
  const { status, headers } = response;
  const message = String(Object(await response.json()).detail);
  return { status, message, challenge: headers.get('www-authenticate'), retryAfter: headers.get('retry-after') };
}

const HASHED = expect.stringMatching(/^oauth:[\da-f]{16}$/);

describe('a fixed token', () => {
  const auth = createAuth({ tokens: TOKENS, oauth: undefined, contact: 'ops@example.com' }, AUDIENCE);

  it('names its caller, and a printed entry accepts its new token', async () => {
    expect(await ask(auth, TOKEN)).toBe('ci');
    const [, token = '', , entry = ''] = (await describeNewToken('mary'))?.split('\n') ?? [];
    expect(token).toMatch(/^smcp_[\w-]{43}$/);
    const [name = '', sha256 = ''] = entry.split(':');
    const other = createAuth({ tokens: [{ name, sha256 }], oauth: undefined, contact: undefined }, AUDIENCE);
    expect(await ask(other, token)).toBe('mary');
    expect(await ask(other, TOKEN)).toBe(401);
    expect(await describeNewToken('no name')).toBeUndefined();
  });

  it('that is wrong or missing gets a refusal with the contact', async () => {
    expect(await refusalOf(auth, 'Bearer wrong')).toMatchObject({
      status: 401,
      message: 'This token is not known here. For access, ask ops@example.com.',
      challenge: 'Bearer realm="sequence-mcp-server", error="invalid_token"',
    });
    for (const authorization of [undefined, '', 'Bearer', `Basic ${TOKEN}`, TOKEN]) {
      expect(await refusalOf(auth, authorization)).toMatchObject({
        status: 401,
        message: expect.stringMatching(/^Send a token.* ask ops@example\.com\.$/),
        challenge: 'Bearer realm="sequence-mcp-server"',
      });
    }
  });

  it.each([
    `Bearer \${SEQUENCE_TOKEN}`,
    `Bearer \${input:sequence-token}`,
    'Bearer $SEQUENCE_TOKEN',
    'Bearer {{token}}',
    'Bearer %SEQUENCE_TOKEN%',
    'Bearer <your token>',
    'Bearer YOUR_TOKEN',
    'bearer  "$TOKEN"',
    '$TOKEN',
  ])('that is an unfilled placeholder is named as one: %s', async (authorization) => {
    const { message, challenge } = await refusalOf(auth, authorization);
    expect(message).toContain('placeholder');
    expect(message).not.toContain('TOKEN');
    expect(challenge).toContain('error="invalid_token"');
  });

  it('is not needed if neither kind of token is configured', async () => {
    const open = createAuth({ tokens: [], oauth: undefined, contact: undefined }, AUDIENCE);
    expect(await open.authenticate(undefined)).toBe('anybody');
    expect(open.resourceMetadata).toBeUndefined();
  });
});

describe('a client that wants to register', () => {
  const told = async (oauth: boolean, contact?: string) => {
    const issuer = { issuer: 'https://id.example', audience: [], scopes: [], callerClaim: undefined };
    const auth = createAuth({ tokens: TOKENS, oauth: oauth ? issuer : undefined, contact }, AUDIENCE);
    const response = auth.refuseRegistration();
    expect(response.status).toBe(400);
    const { error, error_description: description } = Object(await response.json());
    expect(error).toBe('access_denied');
    return description;
  };

  it('learns that there is no sign-in, how to send a token, and the contact', async () => {
    expect(await told(false, 'ops@example.com')).toMatch(/no sign-in.*fixed token.*ask ops@example\.com/);
    expect(await told(false)).not.toContain('ask');
    expect(await told(true)).toContain('https://id.example');
  });
});

describe('an access token', () => {
  let issuer: TestIssuer;
  let key: SigningKey;
  beforeEach(async () => {
    logged.length = 0;
    key = await createKey('first');
    issuer = await startIssuer('', [key]);
  });
  afterEach(() => issuer[Symbol.asyncDispose]());

  it.each([
    ['mary@example.com', 'mary@example.com'],
    ['Mária Kovács', 'Mária Kovács'],
    ['oauth:mary', HASHED],
    ['two\nlines', HASHED],
    ['right\u202eleft', HASHED],
    ['x'.repeat(101), HASHED],
    ['', HASHED],
    [undefined, HASHED],
    [42, HASHED],
    [['mary'], HASHED],
    // A claim must not look like a fixed token's name.
    ['ci', 'oauth:ci'],
  ])('names its caller by the claim %j as %s', async (email, name) => {
    const auth = authFor(issuer.url, { callerClaim: 'email' });
    expect(await ask(auth, await sign(issuer.url, key, { email }))).toEqual(name);
  });

  it('of an Entra application has its roles as scopes; a person’s roles are ignored', async () => {
    const auth = authFor(issuer.url, { scopes: ['Sequence.Read'] });
    const roles = ['Other', 'Sequence.Read'];
    expect(await ask(auth, await sign(issuer.url, key, { scope: undefined, roles }))).toEqual(HASHED);
    expect(await ask(auth, await sign(issuer.url, key, { scope: undefined, roles: ['Other'] }))).toBe(403);
    expect(await ask(auth, await sign(issuer.url, key, { scope: undefined, scp: 'openid', roles }))).toBe(403);
    expect(await ask(auth, await sign(issuer.url, key, { scope: '', roles }))).toBe(403);
  });

  it('that lacks a scope gets a refusal with the contact', async () => {
    const auth = authFor(issuer.url, { scopes: ['b'], contact: 'the billing team' });
    const token = await sign(issuer.url, key, { scope: 'a' });
    expect(await refusalOf(auth, `Bearer ${token}`)).toMatchObject({
      status: 403,
      message: 'This access token lacks a scope. It needs: b. For access, ask the billing team.',
    });
  });

  it('of a possibly new key gets 503 during the cooldown, and is accepted afterwards', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    try {
      const auth = authFor(issuer.url);
      const [second, unknown] = [await createKey('second'), await createKey('unknown')];
      expect(await ask(auth, await sign(issuer.url, key))).toEqual(HASHED);
      // A stranger's token triggers a fetch of the keys just before the next key is published.
      vi.advanceTimersByTime(2_000);
      expect(await ask(auth, await sign(issuer.url, unknown))).toBe(401);
      const [named, unnamed] = ['second', undefined].map((kid) => sign(issuer.url, second, {}, { kid }));
      for (const token of [named, unnamed]) {
        expect(await refusalOf(auth, `Bearer ${await token}`)).toMatchObject({ status: 503, retryAfter: '5' });
      }
      expect(await ask(auth, await sign(issuer.url, key))).toEqual(HASHED);
      vi.advanceTimersByTime(1_001);
      issuer.keys = [second];
      expect(await ask(auth, await sign(issuer.url, key, {}, { kid: undefined }))).toEqual(HASHED);
      expect(await ask(auth, String(await unnamed))).toEqual(HASHED);
      expect(await ask(auth, String(await named))).toEqual(HASHED);
    } finally {
      vi.useRealTimers();
    }
  });

  it('of a withdrawn key ends after an hour, and the issuer may be down that long', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    try {
      const auth = authFor(issuer.url);
      const token = () => sign(issuer.url, key);
      expect(await ask(auth, await token())).toEqual(HASHED);
      issuer.answers = (_, response) => response.destroy();
      vi.advanceTimersByTime(59 * 60_000);
      expect(await ask(auth, await token())).toEqual(HASHED);
      vi.advanceTimersByTime(2 * 60_000);
      expect(await ask(auth, await token())).toBe(503);
      issuer.answers = issuer.answersWell;
      vi.advanceTimersByTime(1_001);
      expect(await ask(auth, await token())).toEqual(HASHED);
      issuer.keys = [await createKey('second')];
      vi.advanceTimersByTime(61 * 60_000);
      expect(await ask(auth, await token())).toBe(401);
    } finally {
      vi.useRealTimers();
    }
  });

  it('causes at most one request a second to a failing issuer', async () => {
    const auth = authFor(issuer.url);
    const good = await sign(issuer.url, key);
    expect(await ask(auth, good)).toEqual(HASHED);
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    try {
      issuer.answers = (_, response) => response.destroy();
      vi.advanceTimersByTime(2_000);
      const unknown = await createKey('unknown');
      const before = issuer.asked.length;
      for (let n = 0; n < 10; n++) {
        expect(await ask(auth, await sign(issuer.url, { ...unknown, kid: `unknown-${n}` }))).toBe(503);
      }
      // One attempt, at both addresses of its metadata.
      expect(issuer.asked.length).toBe(before + 2);
      expect(await ask(auth, good)).toEqual(HASHED);
    } finally {
      vi.useRealTimers();
    }
  });

  it('without a key id causes no repeated key import, whatever a stranger sends', async () => {
    const imported = vi.spyOn(crypto.subtle, 'importKey');
    // So that the keys are not fetched again meanwhile.
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    try {
      const auth = authFor(issuer.url);
      const stranger = await createKey('stranger');
      const wrong = await sign(issuer.url, stranger, {}, { kid: undefined });
      await ask(auth, await sign(issuer.url, key));
      imported.mockClear();
      for (let n = 0; n < 20; n++) await ask(auth, wrong);
      expect(imported).not.toHaveBeenCalled();
    } finally {
      vi.useRealTimers();
      imported.mockRestore();
    }
  });

  it.each([
    ['hangs', () => {}],
    ['resets', (_: string, response: { destroy(): void }) => response.destroy()],
  ])('is accepted if the first metadata address %s', async (_, fail) => {
    issuer.answers = (path, response) => {
      if (path.startsWith('/.well-known/oauth-authorization-server')) fail(path, response);
      else issuer.answersWell(path, response);
    };
    expect(await ask(authFor(issuer.url), await sign(issuer.url, key))).toEqual(HASHED);
  });

  it('gets no keys from an address with user info, nor from loopback for a remote issuer', async () => {
    const token = await sign(issuer.url, key);
    issuer.metadata = { ...issuer.metadata, jwks_uri: issuer.url.replace('://', '://user:word@') };
    expect(await ask(authFor(issuer.url), token)).toBe(503);
    // The issuer is remote by its name alone; its documents come from this machine.
    const elsewhere = 'https://id.example';
    const asked: string[] = [];
    const oauth = { issuer: elsewhere, audience: [], scopes: [], callerClaim: undefined };
    for (const jwks_uri of [
      `${issuer.url}/keys`,
      'https://localhost/keys',
      'https://127.1/keys',
      'https://[::1]/keys',
    ]) {
      const fetchMetadata = async (url: string) => {
        asked.push(url);
        return Response.json({ issuer: elsewhere, jwks_uri });
      };
      const verify = createAccessTokens(oauth, AUDIENCE, fetchMetadata, (_, message) => logged.push(message));
      const auth = createAuth({ tokens: [], oauth, contact: undefined }, AUDIENCE, verify);
      expect(await ask(auth, await sign(elsewhere, key))).toBe(503);
    }
    expect(asked.every((url) => url.startsWith(elsewhere))).toBe(true);
    expect(logged.every((message) => message.includes('jwks_uri'))).toBe(true);
  });

  it('with another issuer, audience or algorithm causes no request to the issuer', async () => {
    const auth = authFor(issuer.url);
    for (const claims of [{ iss: 'https://other.example' }, { aud: 'https://other.example' }]) {
      expect(await ask(auth, await sign(issuer.url, key, claims))).toBe(401);
    }
    const [, payload] = (await sign(issuer.url, key)).split('.');
    expect(await ask(auth, `${btoa('{"alg":"HS256"}').replaceAll('=', '')}.${payload}.AA`)).toBe(401);
    expect(issuer.asked).toEqual([]);
  });
});
