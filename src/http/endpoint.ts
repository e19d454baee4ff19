import type { App } from '../app.ts';
import { createAuthenticator, fixedTokens } from './auth.ts';
import type { Ceiling } from './ceiling.ts';
import type { EndpointConfig } from './config.ts';
import { createHttpHandler, type HttpHandler } from './handler.ts';
import type { JsonLog } from './log.ts';
import type { OAuth } from './oauth.ts';
import { createPage } from './page.ts';

export interface EndpointOptions {
  /** The endpoint's URL, as clients write it. */
  readonly url: string;
  /** Where access tokens of an issuer are taken. */
  readonly oauth: OAuth | undefined;
  readonly ceiling: Ceiling;
  readonly log: JsonLog;
  /** Whether the customers are made up. */
  readonly demo?: boolean;
  readonly isReady?: () => boolean;
}

/** The endpoint that a configuration asks for, in a process or in a Worker. */
export function createEndpoint(
  app: App,
  { tokens, origins, contact }: EndpointConfig,
  { url, oauth, demo = false, ...options }: EndpointOptions,
): HttpHandler {
  const access = { tokens: tokens.length > 0, oauth: oauth !== undefined };
  const verifiers = [
    ...(access.tokens ? [fixedTokens(tokens)] : []),
    ...(oauth ? [oauth.verifier] : []),
  ];
  return createHttpHandler(app, {
    url,
    origins,
    authenticate: createAuthenticator(verifiers, oauth?.challenge),
    answerMetadata: oauth?.answerMetadata,
    page: createPage({ url, access, contact, demo }),
    ...options,
  });
}
