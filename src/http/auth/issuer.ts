import { readBody } from '../../body.ts';
import { isLoopback } from '../../config.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { Fetch } from '../../sequence/fetch.ts';
import { escapeInvisible } from '../../text.ts';

/** Timeout of one document in milliseconds, body included. */
const TIMEOUT_MS = 5_000;
/** Size limit of one document. Entra's key set, one of the largest, has some 20 kB. */
const MAX_BYTES = 256 * 1024;

/** The issuer or its keys are unreachable or invalid, whatever the token. For the log. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError';
}

/** Asks all addresses of an issuer's metadata at once, so that one that hangs delays no other. */
export async function readMetadata(fetch: Fetch, issuer: string): Promise<JsonObject> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const urls = new Set([
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/openid-configuration${path}`,
  ]);
  const attempts = Array.from(urls, async (url) => {
    const document = await readDocument(fetch, url);
    if (document['issuer'] === issuer) return document;
    const named = shown(document['issuer']);
    throw new IssuerError(`${url} names ${named} as the issuer, not ${issuer}`);
  });
  return Promise.any(attempts).catch(({ errors }: AggregateError) => {
    const problems = errors.map((error: IssuerError) => error.message);
    throw new IssuerError(`No metadata of the issuer: ${problems.join('; ')}.`);
  });
}

/** Fetches the keys from `jwks_uri`, at least one. Rejects with an `IssuerError`. */
export async function readKeys(fetch: Fetch, metadata: JsonObject): Promise<JsonObject[]> {
  const uri = metadata['jwks_uri'];
  if (typeof uri !== 'string' || !isSafe(uri, String(metadata['issuer']))) {
    throw new IssuerError(`The issuer's jwks_uri is not an https address: ${shown(uri)}.`);
  }
  const { keys } = await readDocument(fetch, uri);
  if (Array.isArray(keys) && keys.length > 0 && keys.every(isObject)) return keys;
  throw new IssuerError(`No keys of the issuer: ${shown(uri)} has none.`);
}

/** HTTPS, since a changed key set can sign any token. No loopback for a remote issuer (SSRF). */
function isSafe(uri: string, issuer: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname, username, password } = new URL(uri);
  if (username || password) return false;
  return isLoopback(hostname) ? isLoopback(new URL(issuer).hostname) : protocol === 'https:';
}

async function readDocument(fetch: Fetch, url: string): Promise<JsonObject> {
  try {
    // Also cancels an unread rest of the body.
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const headers = { accept: 'application/json' };
    const response = await fetch(url, { headers, signal, redirect: 'manual' });
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    const body = await readBody(response.body, MAX_BYTES);
    if (body === 'too large' || !body.isUtf8) throw new Error('too large, or not UTF-8');
    const document: unknown = JSON.parse(body.text);
    if (isObject(document)) return document;
    throw new Error('not a JSON object');
  } catch (error) {
    // Node's `fetch` gives the reason only in the cause, sometimes only as its code.
    const { code, message } = Object(Object(error).cause ?? error);
    const why = typeof code === 'string' ? code : message;
    throw new IssuerError(`${shown(url)} cannot be read: ${shown(why)}`);
  }
}

/** Text from a runtime or the issuer, made safe for a log. */
function shown(value: unknown): string {
  return typeof value === 'string' ? escapeInvisible(value.slice(0, 200)) : typeof value;
}
