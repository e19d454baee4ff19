import type { CheckResult } from '../../check.ts';
import type { JsonObject } from '../../json.ts';
import type { Fetch } from '../../sequence/fetch.ts';
import type { OAuthConfig } from '../config.ts';
import { ALGORITHMS, audienceOf } from './access-tokens.ts';
import { IssuerError, readKeys, readMetadata } from './issuer.ts';

/** Fetches what the first access token would need, and reports why a host would fail. */
export async function checkIssuer(
  config: OAuthConfig,
  url: string,
  fetch: Fetch,
): Promise<CheckResult> {
  const { issuer, scopes } = config;
  const lines = [
    `issuer       ${issuer}`,
    `audience     ${audienceOf(config, url).join(' ')}`,
    `scope        ${scopes.join(' ') || 'none is needed'}`,
  ];
  try {
    const metadata = await readMetadata(fetch, issuer);
    const keys = await readKeys(fetch, metadata);
    lines.push(...findings(metadata, keys, scopes));
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error;
    lines.push(`fails        every access token is answered with 503: ${error.message}`);
  }
  const works = !lines.some((line) => line.startsWith('fails'));
  if (works) lines.push("works        the issuer's metadata and its keys");
  return { report: `${lines.join('\n')}\n`, works };
}

const HOSTS_SAY = 'hosts give up: "Incompatible auth server: does not support';

/** Problems, as lines of the report. The quoted words come from the MCP SDK and from issuers. */
function* findings(metadata: JsonObject, keys: JsonObject[], scopes: readonly string[]) {
  const isUsable = ({ kty, use, alg }: JsonObject) =>
    kty !== 'oct' && use !== 'enc' && (!alg || ALGORITHMS.includes(String(alg)));
  if (!keys.some(isUsable)) {
    yield 'fails        no key has an accepted algorithm: every access token is answered with 401';
  }
  for (const name of ['authorization_endpoint', 'token_endpoint']) {
    if (!metadata[name]) yield `fails        the issuer has no ${name}, so no one can sign in`;
  }
  const methods = metadata['code_challenge_methods_supported'];
  if (Array.isArray(methods) && !methods.includes('S256')) {
    yield `fails        ${HOSTS_SAY} code challenge method S256"`;
  }
  if (!metadata['client_id_metadata_document_supported'] && !metadata['registration_endpoint']) {
    yield `note         give each host a client id of the issuer; without one ${HOSTS_SAY} dynamic client registration"`;
  }
  if (scopes.length === 0) {
    yield 'note         SEQUENCE_MCP_SCOPE is not set, so most hosts ask for no scope; some issuers then end the login with "access_denied" or "scope must be a non-empty string"';
  }
}
