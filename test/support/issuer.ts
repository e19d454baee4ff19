// An issuer of access tokens. A test can change each of its responses.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { ENDPOINTS } from './http-cases.ts';
import { type HttpServer, startHttp } from './http-server.ts';
import type { Program } from './programs.ts';
import { type RawAnswer, send } from './raw-http.ts';

export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function createKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Answers a request. A test may replace it while the issuer runs. */
export type Answers = (path: string, response: ServerResponse) => void;

export interface TestIssuer extends AsyncDisposable {
  readonly url: string;
  /** The requested paths. */
  readonly asked: string[];
  readonly headers: IncomingHttpHeaders[];
  /** The published documents: OpenID metadata, and keys. */
  answers: Answers;
  keys: SigningKey[];
  metadata: Record<string, unknown>;
  /** The valid responses. */
  readonly answersWell: Answers;
}

/** `path` is the issuer's path, such as `/realms/team`. */
export async function startIssuer(path = '', keys?: SigningKey[]): Promise<TestIssuer> {
  const server = createServer(({ url = '/', headers }, response) => {
    // For loopback Deno also sends absolute-form targets (RFC 9112, section 3.2.2).
    const { pathname } = new URL(url, 'http://issuer');
    issuer.asked.push(pathname);
    issuer.headers.push(headers);
    issuer.answers(pathname, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const answersWell: Answers = (asked, response) => {
    if (asked === `${path}/.well-known/openid-configuration`) response.end(JSON.stringify(issuer.metadata));
    else if (asked === `${path}/keys`) response.end(JSON.stringify({ keys: issuer.keys.map(({ jwk }) => jwk) }));
    else response.writeHead(404).end();
  };
  const issuer: TestIssuer = {
    url,
    asked: [],
    headers: [],
    answers: answersWell,
    answersWell,
    keys: keys ?? [await createKey('first')],
    metadata: { issuer: url, jwks_uri: `${url}/keys` },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}

export const AUDIENCE = ENDPOINTS.GUARDED.SEQUENCE_MCP_URL;
export const SCOPES = 'sequence:read team:billing';
export const now = () => Math.floor(Date.now() / 1_000);

/** A valid token of this issuer with the given changes; `undefined` removes a claim. */
export function sign(
  url: string,
  key: SigningKey,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const payload = { iss: url, aud: AUDIENCE, sub: 'user-1', exp: now() + 600, scope: SCOPES, ...claims };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(key.privateKey);
}

/** Serves the demo with both kinds of token; without an issuer, with a fixed one. */
export function serve(program: Program, issuer?: string): Promise<HttpServer> {
  const oauth = issuer && { SEQUENCE_MCP_ISSUER: issuer, SEQUENCE_MCP_SCOPE: SCOPES };
  return startHttp(program, { flags: ['--demo'], env: { ...ENDPOINTS.GUARDED, ...oauth } });
}

/** Calls a tool with this token, or without one. */
export function call(server: HttpServer, token: string | null): Promise<RawAnswer> {
  const authorization = token === null ? null : `Bearer ${token}`;
  return send(server.url, { headers: { authorization } }, new URL(AUDIENCE).host);
}
