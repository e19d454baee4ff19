import type { ClientParts } from '../app.ts';
import { detailOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { accessTokens, audienceOf } from './access-token.ts';
import type { TokenVerifier } from './auth.ts';
import type { OAuthConfig } from './config.ts';
import { IssuerError, readIssuer } from './issuer.ts';
import { createIssuerKeys } from './issuer-keys.ts';
import { type AnswerMetadata, createResourceMetadata } from './resource-metadata.ts';

export { checkOAuth } from './check-oauth.ts';

/** What the endpoint needs to take access tokens, and to say so. */
export interface OAuth {
  readonly verifier: TokenVerifier;
  /** What `WWW-Authenticate` says beside the error. */
  readonly challenge: Readonly<Record<string, string>>;
  readonly answerMetadata: AnswerMetadata;
}

/** `url` is the endpoint's own; `loadFetch` brings the way to the issuer, when the first token needs it. */
export function createOAuth(
  config: OAuthConfig,
  url: string,
  loadFetch: () => ClientParts['fetch'] | Promise<ClientParts['fetch']>,
  log: Log,
): OAuth {
  const { issuer, scopes } = config;
  const metadata = createResourceMetadata(url, issuer, scopes);
  const challenge = {
    resource_metadata: metadata.url,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
  };
  const keys = createIssuerKeys(async () => {
    try {
      return (await readIssuer(await loadFetch(), issuer)).keys;
    } catch (error) {
      const failure = error instanceof IssuerError ? error : new IssuerError(detailOf(error));
      log('error', `Access tokens cannot be checked. ${failure.message}`);
      throw failure;
    }
  });
  return {
    verifier: accessTokens({ ...config, audience: audienceOf(config, url) }, keys, challenge, log),
    challenge,
    answerMetadata: metadata.answer,
  };
}
