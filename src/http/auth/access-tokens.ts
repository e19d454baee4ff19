import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose';
import { detailOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Fetch } from '../../sequence/fetch.ts';
import type { OAuthConfig } from '../config.ts';
import type { TokenVerifier } from './authenticate.ts';
import { sha256Hex } from './fixed-tokens.ts';
import { type Document, IssuerError, readKeys, readMetadata } from './issuer.ts';

/** Asymmetric only: a key that checks tokens must not be able to sign one. */
export const ALGORITHM = /^(?:[RPE]S(?:256|384|512)|EdDSA|Ed25519)$/;
/** Of an access token: RFC 9068, and what many issuers write. A logout token has another type. */
const TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;
/** A claim that names its caller: what a log shows in one line, and not another caller's hash. */
const NAME = /^(?!oauth:)[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u;
const CLOCK_TOLERANCE_S = 30;

/** Keys and metadata that are older are read again. */
const FRESH_MS = 10 * 60_000;
/** For how long keys serve if the issuer is out of reach. */
const USABLE_MS = 60 * 60_000;
/** For how long the issuer is not asked again after unknown keys or a failure. */
const COOLDOWN_MS = 1_000;
/** When a load was cut off with its request: two documents take less. */
const CUT_OFF_MS = 11_000;
const LOOK_AGAIN_MS = 20;

/** The accepted `aud` values, at least one. Clients add a slash to a URL without a path. */
export function audienceOf({ audience }: OAuthConfig, url: string): readonly string[] {
  return audience.length > 0 ? audience : [...new Set([url, new URL(url).href])];
}

/** Verifies JWT access tokens for the endpoint at `url`. The issuer is asked when a token needs a key. */
export function createAccessTokens(
  config: OAuthConfig,
  url: string,
  fetch: Fetch,
  log: Log,
): TokenVerifier {
  const { issuer, scopes, callerClaim } = config;
  const audience = audienceOf(config, url);
  const checkSignature = createSignatureCheck(issuer, fetch, log);
  const invalid = (why: string) =>
    ({ error: 'invalid_token', message: `This access token ${why}.` }) as const;

  return async (token) => {
    const jwt = decode(token);
    if (!jwt) return undefined;
    const { header, claims } = jwt;
    const problem = problemOf(header, claims, issuer, audience);
    // Before the signature: such a token must not make the issuer be asked.
    if (problem) return invalid(problem);
    try {
      await checkSignature(token, header);
    } catch (error) {
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid)) {
        return invalid(WORDS[error.code] ?? 'is not valid');
      }
      if (!(error instanceof IssuerError)) log('error', `No key is usable: ${detailOf(error)}`);
      return { error: 'unavailable', message: 'Access tokens cannot be checked now: wait 5 s.' };
    }
    const granted = scopesOf(claims);
    if (!scopes.every((scope) => granted.includes(scope))) {
      const message = `This access token lacks a scope. It needs: ${scopes.join(' ')}.`;
      return { error: 'insufficient_scope', message };
    }
    const name = callerClaim === undefined ? undefined : claims[callerClaim];
    if (typeof name === 'string' && NAME.test(name)) return name;
    // Some issuers' subjects are names or addresses of people, which a log need not hold.
    return `oauth:${(await sha256Hex(JSON.stringify([issuer, claims.sub]))).slice(0, 16)}`;
  };
}

const WORDS: Readonly<Record<string, string>> = {
  [errors.JWKSNoMatchingKey.code]: 'is signed with a key that its issuer does not publish',
  [errors.JWSSignatureVerificationFailed.code]: 'has a wrong signature',
};

function decode(token: string) {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

/** The one check of header and claims: what is wrong, or `undefined`. */
function problemOf(
  { alg = '', typ = 'JWT' }: ProtectedHeaderParameters,
  { iss, aud, exp, nbf = 0, sub }: JWTPayload,
  issuer: string,
  audience: readonly string[],
): string | undefined {
  const now = Date.now() / 1_000;
  if (!ALGORITHM.test(alg)) return 'is not signed with an algorithm that is accepted here';
  if (!TYPE.test(typ)) return 'is a token of another type';
  if (iss !== issuer) return 'is of another issuer';
  const isForUs = [aud].flat().some((value) => value !== undefined && audience.includes(value));
  if (!isForUs) return 'is for another audience';
  if (typeof exp !== 'number') return 'does not say when it expires';
  if (exp <= now - CLOCK_TOLERANCE_S) return 'has expired';
  if (!(nbf <= now + CLOCK_TOLERANCE_S)) return 'is not valid yet';
  return typeof sub === 'string' && sub !== '' ? undefined : 'does not say whose it is';
}

/**
 * `scope` (RFC 9068) or `scp` (Entra, Okta), each a string or a list. An application's own token from
 * Entra has neither, and its permissions in `roles`, which Microsoft.Identity.Web then takes too.
 */
function scopesOf({ scope, scp, roles }: JWTPayload): string[] {
  const granted = scope === undefined && scp === undefined ? [roles] : [scope, scp];
  return granted.flat().flatMap((value) => (typeof value === 'string' ? value.split(' ') : []));
}

/**
 * Checks signatures with the issuer's keys. Rejects with a `JOSEError` about the token, or with an
 * `IssuerError` if it cannot be known now. Holds no promise, which on Workers must not be awaited by
 * another request; jose takes care of its own.
 */
function createSignatureCheck(issuer: string, fetch: Fetch, log: Log) {
  let metadata: Document | undefined;
  let keysAtHand: readonly Document[] | undefined;
  let isLoading = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;

  async function load(): Promise<Response> {
    const keysBefore = keysAtHand;
    // On Workers another request may be loading. In a process jose sees to it that none is.
    while (isLoading && performance.now() - askedAt < CUT_OFF_MS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    if (keysAtHand !== keysBefore) return Response.json({ keys: keysAtHand });
    const time = performance.now();
    if (time - failedAt < COOLDOWN_MS) throw new IssuerError('It failed a moment ago.');
    askedAt = time;
    isLoading = true;
    try {
      metadata ??= await readMetadata(fetch, issuer);
      keysAtHand = await readKeys(fetch, metadata);
      return Response.json({ keys: keysAtHand });
    } catch (error) {
      failedAt = performance.now();
      // The issuer may have moved its keys.
      metadata = undefined;
      const why = error instanceof IssuerError ? error.message : detailOf(error);
      log('error', `Access tokens cannot be checked. ${why}`);
      throw new IssuerError(why);
    } finally {
      isLoading = false;
    }
  }

  const keys = createRemoteJWKSet(new URL(issuer), {
    [customFetch]: load,
    cacheMaxAge: USABLE_MS,
    cooldownDuration: COOLDOWN_MS,
  });

  return async (token: string, { kid }: ProtectedHeaderParameters): Promise<void> => {
    const keysBefore = keysAtHand;
    if (keys.fresh && performance.now() - askedAt >= FRESH_MS) {
      metadata = undefined;
      // If it fails, the keys at hand still serve, and the log has the reason.
      await keys.reload().catch(() => {});
    }
    for (;;) {
      try {
        return await verify(token, keys);
      } catch (error) {
        // A token without a key id shows by its signature alone that its key is another.
        const isWrong = error instanceof errors.JWSSignatureVerificationFailed;
        const mayFitNewer = error instanceof errors.JWKSNoMatchingKey || (isWrong && !kid);
        if (!mayFitNewer || keysAtHand !== keysBefore) throw error;
        if (keys.coolingDown) throw new IssuerError('Its key may be newer than those at hand.');
        await keys.reload();
      }
    }
  };
}

async function verify(token: string, keys: JWTVerifyGetKey): Promise<void> {
  const options = { clockTolerance: CLOCK_TOLERANCE_S };
  try {
    await jwtVerify(token, keys, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return void (await jwtVerify(token, key, options));
      } catch (wrong) {
        if (!(wrong instanceof errors.JWSSignatureVerificationFailed)) throw wrong;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}
