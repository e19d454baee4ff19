import { readBody } from '../../body.ts';
import { isLoopback } from '../../loopback.ts';
import type { Fetch } from '../../sequence/fetch.ts';
import { escapeInvisible } from '../../text.ts';

/** Of one document, body included. */
const TIMEOUT_MS = 5_000;
/** Of one document. The key set of Entra, one of the longest, has some 20 kB. */
const MAX_BYTES = 256 * 1024;
const MAX_SHOWN = 200;

/** A JSON object that an issuer publishes. */
export type Document = Readonly<Record<string, unknown>>;

/** The issuer or its keys are out of reach, or of no use. It says nothing about any token. For the log. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError';
}

/**
 * Reads an issuer's metadata: RFC 8414, else OpenID Connect Discovery 1.0. All addresses are asked at
 * once, so that one that hangs leaves time for the others. Rejects with an `IssuerError`.
 */
export async function readMetadata(fetch: Fetch, issuer: string): Promise<Document> {
  const attempts = metadataUrls(issuer).map(async (url) => {
    const document = await readDocument(fetch, url).catch((error: IssuerError) => error);
    if (document instanceof IssuerError || document['issuer'] === issuer) return document;
    const named = shown(document['issuer']);
    return new IssuerError(`${url} names ${named} as the issuer, not ${issuer}`);
  });
  const problems: string[] = [];
  for (const attempt of attempts) {
    const document = await attempt;
    if (!(document instanceof IssuerError)) return document;
    problems.push(document.message);
  }
  throw new IssuerError(`No metadata of the issuer: ${problems.join('; ')}.`);
}

/** In the order of the MCP specification: RFC 8414, then both forms of OpenID. */
function metadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
    ...(path ? [`${origin}/.well-known/openid-configuration${path}`] : []),
  ];
}

/** Reads the keys that an issuer's metadata leads to, at least one. Rejects with an `IssuerError`. */
export async function readKeys(fetch: Fetch, metadata: Document): Promise<readonly Document[]> {
  const uri = metadata['jwks_uri'];
  if (typeof uri !== 'string' || !isSafe(uri, String(metadata['issuer']))) {
    throw new IssuerError(`The issuer's jwks_uri is not an https address: ${shown(uri)}.`);
  }
  const { keys } = await readDocument(fetch, uri);
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isObject)) {
    throw new IssuerError(`No keys of the issuer: ${shown(uri)} has none.`);
  }
  return keys;
}

/** Who can change a key set can sign any token. And an issuer must not make us call this machine. */
function isSafe(uri: string, issuer: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname, username, password } = new URL(uri);
  if (username || password) return false;
  return isLoopback(hostname) ? isLoopback(new URL(issuer).hostname) : protocol === 'https:';
}

async function readDocument(fetch: Fetch, url: string): Promise<Document> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  const fail = (why: string) => new IssuerError(`${shown(url)} ${why}`);
  try {
    const headers = { accept: 'application/json' };
    const response = await fetch(url, { headers, signal: stop.signal, redirect: 'manual' });
    if (response.status !== 200) throw fail(`answers ${response.status}`);
    const body = await readBody(response.body, MAX_BYTES);
    if (typeof body === 'string') throw fail(`is ${body}`);
    const document: unknown = JSON.parse(body.text);
    if (!isObject(document)) throw fail('is not a JSON object');
    return document;
  } catch (error) {
    if (error instanceof IssuerError) throw error;
    if (stop.signal.aborted) throw fail(`gives no whole answer within ${TIMEOUT_MS / 1_000} s`);
    throw fail(`cannot be read: ${reasonOf(error)}`);
  } finally {
    clearTimeout(timer);
    // Ends a body that was not read to its end.
    stop.abort();
  }
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text of a runtime or of the issuer, fit for a log. */
function shown(value: unknown): string {
  return typeof value === 'string' ? escapeInvisible(value.slice(0, MAX_SHOWN)) : typeof value;
}

/** Node's `fetch` says why in the cause alone. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return shown(String(code || cause));
}
