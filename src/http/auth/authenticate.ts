import { name as realm } from '../../about.ts';
import type { EndpointConfig } from '../config.ts';
import { nameOfToken } from './fixed-tokens.ts';

/** Who calls. The name goes into logs and counts against the caller's limit. */
export interface Identity {
  readonly kind: 'caller';
  readonly name: string;
}

export interface Refusal {
  readonly kind: 'refused';
  /** 503 if it cannot be known now whether a token is good: a 401 would start a login. */
  readonly status: 401 | 403 | 503;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Why an access token is not accepted. */
export interface Rejection {
  readonly error: 'invalid_token' | 'insufficient_scope' | 'unavailable';
  readonly message: string;
}

/** The name of a token's caller, why it is rejected, or `undefined` if it is not an access token. */
export type TokenVerifier = (token: string) => Promise<string | Rejection | undefined>;

export interface Auth {
  /** Reads the `Authorization` header and nothing else: a token in a URL ends up in logs. */
  authenticate(authorization: string | undefined): Promise<Identity | Refusal>;
  /** If there is an issuer: the endpoint as a protected resource (RFC 9728), and its paths. */
  readonly resourceMetadata:
    | { readonly paths: readonly string[]; readonly document: object }
    | undefined;
  /** Answers `POST /register`, where clients end that find no issuer (RFC 7591). */
  refuseRegistration(): Response;
}

const METADATA_PATH = '/.well-known/oauth-protected-resource';
const UNAVAILABLE = { status: 503, headers: { 'retry-after': '5' } } as const;

/**
 * Authenticates the callers of the endpoint at `url`: fixed tokens, then access tokens. If the
 * configuration has neither, everybody may call.
 */
export function createAuth(
  { tokens, oauth, contact }: Pick<EndpointConfig, 'tokens' | 'oauth' | 'contact'>,
  url: string,
  verifyAccessToken?: TokenVerifier,
): Auth {
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
  const refuse = (text: string, error?: Rejection['error']): Refusal => {
    if (error === 'unavailable') return { kind: 'refused', message: text, ...UNAVAILABLE };
    const parameters = Object.entries({ realm, ...(error && { error }), ...challenge });
    const value = parameters.map(([key, value]) => `${key}="${value}"`).join(', ');
    return {
      kind: 'refused',
      status: error === 'insufficient_scope' ? 403 : 401,
      message: text + ask,
      headers: { 'www-authenticate': `Bearer ${value}` },
    };
  };

  return {
    async authenticate(authorization = '') {
      if (isOpen) return { kind: 'caller', name: 'anybody' };
      if (isPlaceholder(authorization)) return refuse(PLACEHOLDER_SENT, 'invalid_token');
      const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1];
      if (!token) return refuse('Send a token: Authorization: Bearer …');
      const name = await nameOfToken(tokens, token);
      if (name !== undefined) return { kind: 'caller', name };
      const verdict = await verifyAccessToken?.(token);
      if (verdict === undefined) return refuse('This token is not known here.', 'invalid_token');
      if (typeof verdict === 'object') return refuse(verdict.message, verdict.error);
      // A claim must not pass for the name of a fixed token.
      const isTaken = tokens.some((token) => token.name === verdict);
      return { kind: 'caller', name: isTaken ? `oauth:${verdict}` : verdict };
    },
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
    refuseRegistration() {
      const withToken = isOpen ? 'Call without a token.' : 'Send a fixed token: Authorization: …';
      const how = oauth ? `Sign in at ${oauth.issuer}.` : `There is no sign-in. ${withToken}`;
      const description = `No client is registered here. ${how}${ask}`;
      const body = { error: 'access_denied', error_description: description };
      return Response.json(body, { status: 400 });
    },
  };
}

const PLACEHOLDER_SENT =
  'The client sent a placeholder instead of a token. If it names a variable, set that where the client starts.';

/** A variable that a client did not fill in, or the page's own `YOUR_TOKEN`. */
function isPlaceholder(authorization: string): boolean {
  const text = authorization.replace(/^Bearer +/i, '').trim();
  return /^["']?(?:\$\w+|[$%]?\{.*\}|%\w+%|<.*>|YOUR_TOKEN)["']?$/.test(text);
}
