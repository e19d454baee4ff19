import type { ClientParts } from '../app.ts';
import { ALGORITHMS, audienceOf } from './access-token.ts';
import type { OAuthConfig } from './config.ts';
import { type Issuer, IssuerError, readIssuer } from './issuer.ts';

/**
 * What a person who sets the endpoint up is told: asks the issuer as the first token would, and says where a host would fail, and in which words. Gets no token, which
 * takes a person who logs in.
 */
export async function checkOAuth(
  config: OAuthConfig,
  url: string,
  loadFetch: () => ClientParts['fetch'] | Promise<ClientParts['fetch']>,
): Promise<{ report: string; works: boolean }> {
  const { issuer, scopes } = config;
  const audience = audienceOf(config, url);
  const lines = [
    `issuer       ${issuer}`,
    `audience     ${audience.join(' ')}`,
    `scope        ${scopes.join(' ') || 'none is needed'}`,
  ];
  const { failures, notes, keys } = await readIssuer(await loadFetch(), issuer).then(
    (found) => ({ ...judge(found, audience, scopes, url), keys: found.keys.keys.length }),
    (error: unknown) => {
      if (!(error instanceof IssuerError)) throw error;
      return {
        failures: [`every access token is answered with 503: ${error.message}`],
        notes: [],
        keys: 0,
      };
    },
  );
  lines.push(
    ...failures.map((failure) => `fails        ${failure}`),
    ...notes.map((note) => `note         ${note}`),
  );
  const works = failures.length === 0;
  if (works) lines.push(`works        the issuer's metadata and its keys, of which it has ${keys}`);
  return { report: `${lines.join('\n')}\n`, works };
}

/** The quoted words are those of the MCP SDK, which most hosts use. */
function judge(
  { metadata, keys }: Issuer,
  audience: readonly string[],
  scopes: readonly string[],
  url: string,
): { failures: string[]; notes: string[] } {
  const [failures, notes]: [string[], string[]] = [[], []];
  const lists = (name: string, value: string) => {
    const listed = metadata[name];
    return Array.isArray(listed) ? listed.includes(value) : undefined;
  };
  if (
    !keys.keys.some(
      ({ kty, use, alg }) => kty !== 'oct' && use !== 'enc' && (!alg || ALGORITHMS.includes(alg)),
    )
  ) {
    failures.push(
      'the issuer publishes no key of an accepted algorithm, so every access token is answered with 401',
    );
  }
  for (const name of ['authorization_endpoint', 'token_endpoint']) {
    if (typeof metadata[name] !== 'string')
      failures.push(`the issuer has no ${name}, so nobody can log in`);
  }
  if (lists('response_types_supported', 'code') === false) {
    failures.push('hosts give up: "Incompatible auth server: does not support response type code"');
  }
  if (lists('code_challenge_methods_supported', 'S256') === false) {
    failures.push(
      'hosts give up: "Incompatible auth server: does not support code challenge method S256"',
    );
  } else if (lists('code_challenge_methods_supported', 'S256') === undefined) {
    notes.push('the issuer does not say that it does PKCE; some hosts give up then');
  }
  if (
    metadata['client_id_metadata_document_supported'] !== true &&
    typeof metadata['registration_endpoint'] !== 'string'
  ) {
    notes.push(
      'register a client at the issuer and give its id to each host; without one a host gives up: "Incompatible auth server: does not support dynamic client registration"',
    );
  }
  for (const scope of scopes) {
    if (lists('scopes_supported', scope) === false) {
      notes.push(
        `the issuer does not list the scope ${scope}; where it does not know it, hosts end with "invalid_scope"`,
      );
    }
  }
  if (lists('grant_types_supported', 'refresh_token') === false) {
    notes.push(
      'the issuer gives no refresh tokens, so people log in again whenever an access token expires',
    );
  }
  const refused = 'they are answered with 401: "This access token is for another audience."';
  if (!audience.includes(url)) {
    notes.push(
      `hosts ask for the resource ${url}; where the issuer makes that the audience of tokens, ${refused}`,
    );
  } else if (lists('protected_resources', url) === false) {
    notes.push(
      `the issuer does not list the resource ${url}; where its tokens are for another one, ${refused}`,
    );
  } else {
    notes.push(
      `where the issuer ignores the resource that hosts ask for, tokens have another audience, and ${refused}`,
    );
  }
  return { failures, notes };
}
