import { name as realm } from '../../about.ts';
import type { HttpConfig } from '../config.ts';
import { errorResponse } from '../errors.ts';
import { nameOfToken } from './fixed-tokens.ts';

/** Why an access token is not accepted. `unavailable` is for now: a 401 would start a login. */
export interface Rejection {
  readonly error: 'invalid_token' | 'insufficient_scope' | 'unavailable';
  readonly message: string;
}

/** The name of a token's caller, why it is rejected, or `undefined` if it is not an access token. */
export type TokenVerifier = (token: string) => Promise<string | Rejection | undefined>;

export type Auth = ReturnType<typeof createAuth>;

const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** A variable that a client did not fill in, or the page's own `YOUR_TOKEN`. */
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
  // RFC 9728 puts the endpoint's path behind the well-known one.
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
    /**
     * The caller's name, for the log and the caller's limit; or the response that refuses. Reads the
     * `Authorization` header alone: a token in a URL ends up in logs.
     */
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
      // A claim must not pass for the name of a fixed token.
      return tokens.some(({ name }) => name === verdict) ? `oauth:${verdict}` : verdict;
    },
    /** If there is an issuer: the endpoint as a protected resource (RFC 9728), and its paths. */
    resourceMetadata: oauth && {
      // A proxy may serve the endpoint at another path than /mcp, and send that path on as it is.
      paths: [...new Set([METADATA_PATH, metadataPath, `${METADATA_PATH}/mcp`])],
      document: {
        resource: url,
        authorization_servers: [oauth.issuer],
        bearer_methods_supported: ['header'],
        ...(scopes && { scopes_supported: scopes }),
      },
    },
    /** Answers `POST /register`, where clients end that find no issuer (RFC 7591). */
    refuseRegistration(): Response {
      const withToken = isOpen ? 'Call without a token.' : 'Send a fixed token: Authorization: …';
      const how = oauth ? `Sign in at ${oauth.issuer}.` : `There is no sign-in. ${withToken}`;
      const error_description = `No client is registered here. ${how}${ask}`;
      return Response.json({ error: 'access_denied', error_description }, { status: 400 });
    },
  };
}
