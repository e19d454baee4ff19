import type { CheckResult } from '../../check.ts';
import type { Fetch } from '../../sequence/fetch.ts';
import type { OAuthConfig } from '../config.ts';
import { ALGORITHM, audienceOf } from './access-tokens.ts';
import { type Document, IssuerError, readKeys, readMetadata } from './issuer.ts';

/**
 * Reads the issuer's metadata and keys as the first access token would, and says where a host would
 * fail, and in which words. It gets no token, since that takes a person who signs in.
 */
export async function checkIssuer(
  config: OAuthConfig,
  url: string,
  fetch: Fetch,
): Promise<CheckResult> {
  const { issuer, scopes } = config;
  const audience = audienceOf(config, url);
  const lines = [
    `issuer       ${issuer}`,
    `audience     ${audience.join(' ')}`,
    `scope        ${scopes.join(' ') || 'none is needed'}`,
  ];
  let works = false;
  try {
    const metadata = await readMetadata(fetch, issuer);
    const keys = await readKeys(fetch, metadata);
    const failures = failuresOf(metadata, keys);
    const notes = notesOf(metadata, scopes, url);
    lines.push(...failures.map((failure) => `fails        ${failure}`));
    lines.push(...notes.map((note) => `note         ${note}`));
    works = failures.length === 0;
    if (works) lines.push(`works        the issuer's metadata and its keys (${keys.length})`);
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error;
    lines.push(`fails        every access token is answered with 503: ${error.message}`);
  }
  return { report: `${lines.join('\n')}\n`, works };
}

const INCOMPATIBLE = 'hosts give up: "Incompatible auth server: does not support';

/** The quoted words, here and below, are those of the MCP SDK and of issuers. */
function failuresOf(metadata: Document, keys: readonly Document[]): string[] {
  const isUsable = ({ kty, use, alg }: Document) =>
    kty !== 'oct' && use !== 'enc' && (!alg || ALGORITHM.test(String(alg)));
  return [
    !keys.some(isUsable) &&
      'the issuer publishes no key of an accepted algorithm, so every access token is answered with 401',
    lacks(metadata, 'authorization_endpoint') &&
      'the issuer has no authorization_endpoint, so no one can sign in',
    lacks(metadata, 'token_endpoint') && 'the issuer has no token_endpoint, so no one can sign in',
    lists(metadata, 'response_types_supported', 'code') === false &&
      `${INCOMPATIBLE} response type code"`,
    lists(metadata, 'code_challenge_methods_supported', 'S256') === false &&
      `${INCOMPATIBLE} code challenge method S256"`,
  ].filter((text) => text !== false);
}

function notesOf(metadata: Document, scopes: readonly string[], url: string): string[] {
  const unknown = scopes.filter((scope) => lists(metadata, 'scopes_supported', scope) === false);
  return [
    lists(metadata, 'code_challenge_methods_supported', 'S256') === undefined &&
      'the issuer does not say that it does PKCE; some hosts give up then',
    metadata['client_id_metadata_document_supported'] !== true &&
      lacks(metadata, 'registration_endpoint') &&
      `register a client at the issuer and give its id to each host; without one ${INCOMPATIBLE} dynamic client registration"`,
    scopes.length === 0 &&
      'SEQUENCE_MCP_SCOPE is not set, so most hosts ask for no scope; some issuers then end the login with "access_denied" or "scope must be a non-empty string"',
    unknown.length > 0 &&
      `the issuer does not list the scope ${unknown.join(' ')}; if it does not know it, hosts end with "invalid_scope"`,
    lists(metadata, 'grant_types_supported', 'refresh_token') === false &&
      'the issuer gives no refresh tokens, so people sign in again whenever an access token expires',
    lists(metadata, 'protected_resources', url) === false &&
      `the issuer does not list the resource ${url}, for which hosts ask`,
    `hosts ask for the resource ${url}; a token with another audience than the above is answered with 401: "This access token is for another audience."`,
  ].filter((text) => text !== false);
}

function lacks(metadata: Document, name: string): boolean {
  return typeof metadata[name] !== 'string';
}

/** Whether the metadata lists a value, or `undefined` if it has no such list. */
function lists(metadata: Document, name: string, value: string): boolean | undefined {
  const listed = metadata[name];
  return Array.isArray(listed) ? listed.includes(value) : undefined;
}
