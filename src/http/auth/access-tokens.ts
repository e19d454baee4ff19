import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { detailOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Fetch } from '../../sequence/fetch.ts';
import type { OAuthConfig } from '../config.ts';
import type { TokenVerifier } from './authenticate.ts';
import { sha256Hex } from './fixed-tokens.ts';
import { IssuerError, readKeys, readMetadata } from './issuer.ts';

/** Asymmetric only: a key that verifies tokens must not be able to sign them. */
export const ALGORITHMS = ['RS', 'PS', 'ES']
  .flatMap((family) => [`${family}256`, `${family}384`, `${family}512`])
  .concat('EdDSA', 'Ed25519');
const CHECKS = { algorithms: ALGORITHMS, requiredClaims: ['exp'], clockTolerance: 30 };
/** Types of access tokens: RFC 9068's, and the usual `JWT`. A logout token has another type. */
const TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;
/** A claim that can name a caller: it fits one log line and cannot look like a caller's hash. */
const NAME = /^(?!oauth:|\s)[^\p{C}\p{Zl}\p{Zp}]{1,100}(?<!\s)$/u;

/** How long keys are cached, even if the issuer is unreachable. */
const KEYS_SERVE_MS = 60 * 60_000;
/** Minimum time between two requests for the issuer's keys. */
const COOLDOWN_MS = 1_000;

/** Accepted `aud` values, at least one. Clients add a slash to a URL without a path. */
export function audienceOf({ audience }: OAuthConfig, url: string): readonly string[] {
  return audience.length > 0 ? audience : [...new Set([url, new URL(url).href])];
}

/** Verifies JWT access tokens for the endpoint at `url`. Fetches keys when a token needs one. */
export function createAccessTokens(config: OAuthConfig, url: string, fetch: Fetch, log: Log) {
  const { issuer, scopes, callerClaim } = config;
  const audience = audienceOf(config, url);
  const verify = createVerify(issuer, fetch, log);
  const invalid = (why: string) =>
    ({ error: 'invalid_token', message: `This access token ${why}.` }) as const;

  return async (token: string): ReturnType<TokenVerifier> => {
    try {
      const { iss, aud } = decodeJwt(token);
      // Checked before the signature, so that tokens for others cause no request to the issuer.
      if (iss !== issuer) return invalid('is of another issuer');
      const isForUs = audience.some((ours) => [aud].flat().includes(ours));
      if (!isForUs) return invalid('is for another audience');
      const { payload, protectedHeader } = await verify(token);
      if (!TYPE.test(protectedHeader.typ ?? 'JWT')) return invalid('is a token of another type');
      if (typeof payload.sub !== 'string' || !payload.sub) return invalid('has no valid "sub"');
      const granted = scopesOf(payload);
      if (!scopes.every((scope) => granted.includes(scope))) {
        const message = `This access token lacks a scope. It needs: ${scopes.join(' ')}.`;
        return { error: 'insufficient_scope', message };
      }
      const name = callerClaim && payload[callerClaim];
      if (typeof name === 'string' && NAME.test(name)) return name;
      // Some issuers use people's names or addresses as subjects, so the log holds a hash.
      return `oauth:${(await sha256Hex(JSON.stringify([issuer, payload.sub]))).slice(0, 16)}`;
    } catch (error) {
      if (error instanceof errors.JWTInvalid) return undefined;
      const isOfToken = error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid);
      if (isOfToken) return invalid(reasonOf(error));
      if (!(error instanceof IssuerError)) log('error', `No key is usable: ${detailOf(error)}`);
      return { error: 'unavailable', message: 'Access tokens cannot be checked now: wait 5 s.' };
    }
  };
}

const REASONS: Readonly<Record<string, string>> = {
  [errors.JOSEAlgNotAllowed.code]: 'is not signed with an algorithm that is accepted here',
  [errors.JWKSMultipleMatchingKeys.code]: 'does not name its key, and its issuer has several',
  [errors.JWKSNoMatchingKey.code]: 'is signed with a key that its issuer does not publish',
  [errors.JWSSignatureVerificationFailed.code]: 'has a wrong signature',
  [errors.JWTExpired.code]: 'has expired',
};

function reasonOf(error: errors.JOSEError): string {
  const isClaim = error instanceof errors.JWTClaimValidationFailed;
  return isClaim ? `has no valid "${error.claim}"` : (REASONS[error.code] ?? 'is not valid');
}

/**
 * `scope` (RFC 9068) or `scp` (Entra, Okta), each a string or a list. An application token from
 * Entra has neither. Its permissions are in `roles`, as Microsoft.Identity.Web reads them.
 */
function scopesOf({ scope, scp, roles }: JWTPayload): string[] {
  const granted = scope === undefined && scp === undefined ? [roles] : [scope, scp];
  return granted.flat().flatMap((value) => (typeof value === 'string' ? value.split(' ') : []));
}

/** Rejects with a `JOSEError` for a bad token, or an `IssuerError` if its key is unavailable. */
function createVerify(issuer: string, fetch: Fetch, log: Log) {
  let failedAt = Number.NEGATIVE_INFINITY;

  async function load(): Promise<Response> {
    if (performance.now() - failedAt < COOLDOWN_MS) throw new IssuerError('It failed just now.');
    try {
      return Response.json({ keys: await readKeys(fetch, await readMetadata(fetch, issuer)) });
    } catch (error) {
      failedAt = performance.now();
      log('error', `Access tokens cannot be checked. ${error}`);
      throw error;
    }
  }

  const keys = createRemoteJWKSet(new URL(issuer), {
    [customFetch]: load,
    cacheMaxAge: KEYS_SERVE_MS,
    cooldownDuration: COOLDOWN_MS,
  });

  return async (token: string) => {
    const wereJustRead = keys.coolingDown;
    try {
      return await jwtVerify(token, keys, CHECKS);
    } catch (error) {
      // Without a key id, only a wrong signature shows that the key is another one.
      const isWrong = error instanceof errors.JWSSignatureVerificationFailed;
      const isOther = isWrong && !decodeProtectedHeader(token).kid;
      if (!isOther && !(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (wereJustRead) throw new IssuerError('The key may be newer than those just read.');
      // These keys were fetched after the token arrived, so this result is final.
      if (!keys.coolingDown) await keys.reload();
      return await jwtVerify(token, keys, CHECKS);
    }
  };
}
