import { name as realm } from '../../about.ts';
import type { HttpConfig } from '../config.ts';
import { errorResponse } from '../errors.ts';
import { nameOfToken } from './fixed-tokens.ts';

/** Why an access token is rejected. `unavailable` is temporary: a 401 would start a login. */
export interface Rejection {
  readonly error: 'invalid_token' | 'insufficient_scope' | 'unavailable';
  readonly message: string;
}

/** A token's caller, the reason to reject it, or `undefined` if it is no access token. */
export type TokenVerifier = (token: string) => Promise<string | Rejection | undefined>;

export type Auth = ReturnType<typeof createAuth>;

const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** An unexpanded variable, or the page's own `YOUR_TOKEN`. */
const PLACEHOLDER = /^(?:Bearer +)?["']?(?:\$\w+|[$%]?\{.*\}|%\w+%|<.*>|YOUR_TOKEN)["']?\s*$/i;
const PLACEHOLDER_SENT =
  'The client sent a placeholder instead of a token. If it names a variable, set that where the client starts.';

/** Authenticates the callers of the endpoint at `url`: fixed tokens first, then access tokens. */
export function createAuth(
  { tokens, oauth, contact }: Pick<HttpConfig, 'tokens' | 'oauth' | 'contact'>,
  url: string,
  verifyAccessToken?: TokenVerifier,
) {
  const isOpen = tokens.length === 0 && !oauth;
  const ask = contact ? ` For access, ask ${contact}.` : '';
  const { origin, pathname } = new URL(url);
  // RFC 9728 appends the endpoint's path to the well-known path.
  const metadataPath = METADATA_PATH + pathname.replace(/\/$/, '');
  const scopes = oauth?.scopes.length ? oauth.scopes : undefined;
  const challenge = {
    ...(oauth && { resource_metadata: origin + metadataPath }),
    ...(scopes && { scope: scopes.join(' ') }),
  };

  /** Without `error` if no token was sent (RFC 6750, section 3.1). */
  const refuse = (message: string, error?: Rejection['error']): Response => {
    if (error === 'unavailable') return errorResponse(503, message, { 'retry-after': '5' });
    const parameters = Object.entries({ realm, ...(error && { error }), ...challenge });
    const value = parameters.map(([key, value]) => `${key}="${value}"`).join(', ');
    const headers = { 'www-authenticate': `Bearer ${value}` };
    return errorResponse(error === 'insufficient_scope' ? 403 : 401, message + ask, headers);
  };

  return {
    /** The caller's name, or a response that refuses. A token in a URL would end up in logs. */
    async authenticate(authorization = ''): Promise<string | Response> {
      if (isOpen) return 'anybody';
      if (PLACEHOLDER.test(authorization)) return refuse(PLACEHOLDER_SENT, 'invalid_token');
      const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1];
      if (!token) return refuse('Send a token: Authorization: Bearer …');
      const name = await nameOfToken(tokens, token);
      if (name !== undefined) return name;
      const verdict = await verifyAccessToken?.(token);
      if (verdict === undefined) return refuse('This token is not known here.', 'invalid_token');
      if (typeof verdict === 'object') return refuse(verdict.message, verdict.error);
      // A claim must not look like the name of a fixed token.
      return tokens.some(({ name }) => name === verdict) ? `oauth:${verdict}` : verdict;
    },
    /** Metadata of the protected resource (RFC 9728) and its paths, if there is an issuer. */
    resourceMetadata: oauth && {
      // A proxy may serve the endpoint at another path and forward that path unchanged.
      paths: [...new Set([METADATA_PATH, metadataPath, `${METADATA_PATH}/mcp`])],
      document: {
        resource: url,
        authorization_servers: [oauth.issuer],
        bearer_methods_supported: ['header'],
        ...(scopes && { scopes_supported: scopes }),
      },
    },
    /** Answers `POST /register` (RFC 7591), which clients try if they find no issuer. */
    refuseRegistration(): Response {
      const withToken = isOpen ? 'Call without a token.' : 'Send a fixed token: Authorization: …';
      const how = oauth ? `Sign in at ${oauth.issuer}.` : `There is no sign-in. ${withToken}`;
      const error_description = `No client is registered here. ${how}${ask}`;
      return Response.json({ error: 'access_denied', error_description }, { status: 400 });
    },
  };
}
