import { type NamedToken, TOKEN_NAME } from '../config.ts';

/** The name of a fixed token, or `undefined`. Compares every entry in full, against timing. */
export async function nameOfToken(
  tokens: readonly NamedToken[],
  token: string,
): Promise<string | undefined> {
  const digest = await sha256Hex(token);
  let found: string | undefined;
  for (const { name, sha256 } of tokens) {
    let difference = 0;
    for (let at = 0; at < 64; at++) difference |= digest.charCodeAt(at) ^ sha256.charCodeAt(at);
    if (difference === 0) found = name;
  }
  return found;
}

/** `--new-token`: a token of 256 random bits, and its entry. `undefined` for an invalid name. */
export async function describeNewToken(name: string): Promise<string | undefined> {
  if (!TOKEN_NAME.test(name)) return undefined;
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const base64 = btoa(String.fromCharCode(...bytes));
  const token = `smcp_${base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
  return `The token of ${name}, shown only now:
${token}
Its entry in SEQUENCE_MCP_TOKENS, beside those of others:
${name}:${await sha256Hex(token)}
`;
}

export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
