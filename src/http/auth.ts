import { name as realm } from '../about.ts';
import type { NamedToken } from './config.ts';

/** Somebody who may call. The name goes into logs, and counts against the ceiling. */
export interface Caller {
  readonly kind: 'caller';
  readonly name: string;
}

export interface Refused {
  readonly kind: 'refused';
  /** 503 where nobody can tell now whether a token is good: a 401 would send the client to log in again. */
  readonly status: 401 | 403 | 503;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type Verdict = Caller | Refused;

/** Says whose token this is, or nothing where it is not of its kind. */
export type TokenVerifier = (token: string) => Promise<Verdict | undefined>;

/** Says who sends a request. Reads the `Authorization` header and nothing else: a token in a URL ends up in logs. */
export type Authenticator = (request: Request) => Promise<Verdict>;

/** Who calls where everybody may. */
const ANYBODY: Caller = { kind: 'caller', name: 'anybody' };

/**
 * Asks the verifiers in turn; without one, everybody may call. `challenge` holds further parameters of
 * `WWW-Authenticate`, such as `resource_metadata`.
 */
export function createAuthenticator(
  verifiers: readonly TokenVerifier[],
  challenge: Readonly<Record<string, string>> = {},
): Authenticator {
  if (verifiers.length === 0) return async () => ANYBODY;
  return async (request) => {
    const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(
      request.headers.get('authorization') ?? '',
    )?.[1];
    // RFC 6750, section 3.1: no error code where no token was sent.
    if (token === undefined) return refuse(401, 'Send a token: Authorization: Bearer …', challenge);
    for (const verify of verifiers) {
      const verdict = await verify(token);
      if (verdict) return verdict;
    }
    return refuse(401, 'This token is not known here.', { error: 'invalid_token', ...challenge });
  };
}

/** A refusal with the challenge that RFC 6750 wants beside it. */
export function refuse(
  status: 401 | 403,
  message: string,
  challenge: Readonly<Record<string, string>>,
): Refused {
  const parameters = Object.entries({ realm, ...challenge }).map(
    ([key, value]) => `${key}="${value}"`,
  );
  return {
    kind: 'refused',
    status,
    message,
    headers: { 'www-authenticate': `Bearer ${parameters.join(', ')}` },
  };
}

/** Knows fixed tokens by their SHA-256. Every entry is compared to the end, whichever it is. */
export function fixedTokens(tokens: readonly NamedToken[]): TokenVerifier {
  return async (token) => {
    const digest = await sha256Hex(token);
    let caller: Caller | undefined;
    for (const { name, sha256 } of tokens) {
      let difference = digest.length ^ sha256.length;
      for (let at = 0; at < digest.length; at++)
        difference |= digest.charCodeAt(at) ^ sha256.charCodeAt(at);
      if (difference === 0) caller = { kind: 'caller', name };
    }
    return caller;
  };
}

/** A new token of 256 random bits, and what the server is told of it. */
export async function createToken(name: string): Promise<{ token: string; entry: string }> {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const base64url = btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=/g, '');
  const token = `smcp_${base64url}`;
  return { token, entry: `${name}:${await sha256Hex(token)}` };
}

/** 64 lower-case hex digits. */
export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
