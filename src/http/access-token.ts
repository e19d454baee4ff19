import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose';
import type { Log } from '../log.ts';
import { type Refused, refuse, sha256Hex, type TokenVerifier } from './auth.ts';
import type { OAuthConfig } from './config.ts';
import { IssuerError } from './issuer.ts';
import type { IssuerKeys } from './issuer-keys.ts';

/** Asymmetric alone: whoever can check a token must not be able to make one. */
export const ALGORITHMS: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** Of an access token (RFC 9068, and what many issuers write); a token of another type, such as a logout, is none. */
const TYPES: readonly unknown[] = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];
const CLOCK_TOLERANCE_S = 30;
const RETRY_AFTER_S = 5;

/** The accepted `aud` values: never none. Clients write a URL without a path with a slash behind it. */
export function audienceOf({ audience }: OAuthConfig, url: string): readonly string[] {
  return audience.length > 0 ? audience : [...new Set([url, new URL(url).href])];
}

/**
 * Knows access tokens that are JWTs. A token that is wrong at first sight is refused without asking the issuer for keys;
 * jose then has the last word on the signature and on every claim. `challenge` is what `WWW-Authenticate` says beside
 * the error.
 */
export function accessTokens(
  { issuer, audience, scopes }: OAuthConfig,
  keys: IssuerKeys,
  challenge: Readonly<Record<string, string>>,
  log: Log,
): TokenVerifier {
  const invalid = (why: string) =>
    refuse(401, `This access token ${why}.`, { error: 'invalid_token', ...challenge });
  return async (token) => {
    const read = decode(token);
    if (!read) return undefined;
    const problem = problemAtSight(read.header, read.claims, issuer, audience);
    if (problem) return invalid(problem);
    let claims: JWTPayload;
    try {
      claims = await verified(token, keys, { issuer, audience: [...audience] });
    } catch (error) {
      if (error instanceof IssuerError) return unavailable();
      if (!(error instanceof errors.JOSEError) || error instanceof errors.JWKSInvalid) {
        log(
          'error',
          `A key of the issuer is of no use: ${error instanceof Error ? error.message : error}`,
        );
        return unavailable();
      }
      return invalid(WORDS[error.code] ?? 'is not valid');
    }
    if (!scopes.every((scope) => scopesOf(claims).includes(scope))) {
      const message = `This access token lacks a scope: ${scopes.join(' ')} are needed.`;
      return refuse(403, message, { error: 'insufficient_scope', ...challenge });
    }
    // Some issuers' subjects are names or addresses of people, which a log need not hold.
    return {
      kind: 'caller',
      name: `oauth:${(await sha256Hex(JSON.stringify([issuer, claims.sub]))).slice(0, 16)}`,
    };
  };
}

const WORDS: Readonly<Record<string, string>> = {
  [errors.JWKSNoMatchingKey.code]: 'is signed with a key that its issuer does not publish',
  [errors.JWSSignatureVerificationFailed.code]: 'has a wrong signature',
  [errors.JWTExpired.code]: 'has expired',
  [errors.JWTClaimValidationFailed.code]: 'has a claim that is not valid, or not valid yet',
};

interface Unverified {
  readonly header: ProtectedHeaderParameters;
  readonly claims: JWTPayload;
}

/** Nothing where the token is not a JWT, and so of another kind. */
function decode(token: string): Unverified | undefined {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

function problemAtSight(
  { alg, typ }: ProtectedHeaderParameters,
  { iss, aud, exp, sub }: JWTPayload,
  issuer: string,
  audience: readonly string[],
): string | undefined {
  if (!alg || !ALGORITHMS.includes(alg))
    return 'is not signed with an algorithm that is accepted here';
  if (!TYPES.includes(typeof typ === 'string' ? typ.toLowerCase() : typ))
    return 'is a token of another type';
  if (iss !== issuer) return 'is of another issuer';
  if (![aud].flat().some((value) => value !== undefined && audience.includes(value)))
    return 'is for another audience';
  if (typeof exp !== 'number') return 'does not say when it expires';
  if (exp <= Date.now() / 1_000 - CLOCK_TOLERANCE_S) return 'has expired';
  return typeof sub === 'string' && sub !== '' ? undefined : 'does not say whose it is';
}

/** The claims, by the keys that are known, or by newer ones where none of those fits. */
async function verified(
  token: string,
  keys: IssuerKeys,
  expected: { issuer: string; audience: string[] },
): Promise<JWTPayload> {
  const known = await keys.current();
  try {
    return await verifyWith(known, token, expected);
  } catch (error) {
    const newer = isMiss(error, token) && (await keys.newerThan(known));
    if (!newer) throw error;
    return verifyWith(newer, token, expected);
  }
}

/** Whether another key may yet fit; without a key id, a wrong signature is all that can be seen of that. */
function isMiss(error: unknown, token: string): boolean {
  if (error instanceof errors.JWKSNoMatchingKey) return true;
  const isWrong = error instanceof errors.JWSSignatureVerificationFailed;
  return isWrong && decodeProtectedHeader(token).kid === undefined;
}

/** Keys that were imported, by algorithm and id: that takes as long as checking a signature. */
const imported = new WeakMap<JSONWebKeySet, Map<string, CryptoKey>>();

/** Finds the key of a token. jose's own set keeps promises between calls, so each look-up that misses makes a new one. */
function keyFinder(keys: JSONWebKeySet): JWTVerifyGetKey {
  const known = imported.get(keys) ?? new Map<string, CryptoKey>();
  imported.set(keys, known);
  return async (header, token) => {
    const id = JSON.stringify([header.alg, header.kid]);
    const key = known.get(id) ?? (await createLocalJWKSet(keys)(header, token));
    known.set(id, key);
    return key;
  };
}

async function verifyWith(
  keys: JSONWebKeySet,
  token: string,
  expected: { issuer: string; audience: string[] },
): Promise<JWTPayload> {
  const options = {
    ...expected,
    algorithms: [...ALGORITHMS],
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp', 'sub'],
  };
  try {
    return (await jwtVerify(token, keyFinder(keys), options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (other) {
        if (!(other instanceof errors.JWSSignatureVerificationFailed)) throw other;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** `scope` (RFC 9068) or `scp` (Entra, Okta), each a string or a list. */
function scopesOf({ scope, scp }: JWTPayload): string[] {
  return [scope, scp]
    .flat()
    .flatMap((value) => (typeof value === 'string' ? value.split(' ') : []));
}

function unavailable(): Refused {
  const message = `Access tokens cannot be checked now, because their issuer cannot be asked: wait ${RETRY_AFTER_S} s.`;
  return {
    kind: 'refused',
    status: 503,
    message,
    headers: { 'retry-after': String(RETRY_AFTER_S) },
  };
}
