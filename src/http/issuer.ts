import type { JSONWebKeySet } from 'jose';
import type { ClientParts } from '../app.ts';
import { untilAborted } from '../deadline.ts';
import { isLoopback } from '../loopback.ts';
import { visible } from '../text.ts';

type Fetch = ClientParts['fetch'];

/** For all documents of one reading. */
export const READ_TIMEOUT_MS = 5_000;
/** Of one document; the key set of Entra, one of the longest, has some 20 kB. */
const MAX_BYTES = 256 * 1024;
const MAX_SHOWN = 200;

/** What an issuer publishes: its metadata (RFC 8414, OpenID Connect Discovery 1.0) and the keys of its tokens. */
export interface Issuer {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly keys: JSONWebKeySet;
}

/** The issuer or its keys are out of reach, or of no use. Says nothing about any token. Its message is for the log. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError';
}

/** Reads the metadata of this issuer, and its keys, in bounded time and memory. Rejects with an `IssuerError`. */
export async function readIssuer(fetch: Fetch, issuer: string): Promise<Issuer> {
  const stop = new AbortController();
  const expire = () =>
    stop.abort(new IssuerError(`${issuer}: no whole answer within ${READ_TIMEOUT_MS / 1_000} s.`));
  const timer = setTimeout(expire, READ_TIMEOUT_MS);
  const readAll = async (): Promise<Issuer> => {
    const metadata = await readMetadata(fetch, issuer, stop.signal);
    return { metadata, keys: await readKeys(fetch, metadata['jwks_uri'], stop.signal) };
  };
  try {
    return await untilAborted(readAll(), stop.signal);
  } finally {
    clearTimeout(timer);
    // Nothing more of an answer that was too long is wanted.
    stop.abort();
  }
}

async function readMetadata(
  fetch: Fetch,
  issuer: string,
  signal: AbortSignal,
): Promise<Issuer['metadata']> {
  const problems: string[] = [];
  for (const url of metadataUrls(issuer)) {
    const document = await readObject(fetch, url, signal);
    if (typeof document === 'string') problems.push(document);
    else if (document['issuer'] === issuer) return document;
    else
      problems.push(
        `${url} names ${shown(document['issuer'])} as the issuer, not ${shown(issuer)}`,
      );
  }
  throw new IssuerError(`No metadata of the issuer: ${problems.join('; ')}.`);
}

/** Where the metadata may be, as the MCP specification lists it: RFC 8414, then OpenID in both of its forms. */
function metadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
    ...(path ? [`${origin}/.well-known/openid-configuration${path}`] : []),
  ];
}

async function readKeys(fetch: Fetch, uri: unknown, signal: AbortSignal): Promise<JSONWebKeySet> {
  if (typeof uri !== 'string' || !isSafe(uri)) {
    throw new IssuerError(`The issuer's jwks_uri is not an https address: ${shown(uri)}.`);
  }
  const document = await readObject(fetch, uri, signal);
  if (typeof document === 'string') throw new IssuerError(`No keys of the issuer: ${document}.`);
  const { keys } = document;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isObject)) {
    throw new IssuerError(`No keys of the issuer: ${shown(uri)} has none.`);
  }
  return { keys: keys as JSONWebKeySet['keys'] };
}

/** https, unless nothing leaves the machine: whoever can change a key set can sign any token. */
function isSafe(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname } = new URL(uri);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** The JSON object at this address, or why there is none. Rejects where it cannot be asked at all. */
async function readObject(
  fetch: Fetch,
  url: string,
  signal: AbortSignal,
): Promise<Record<string, unknown> | string> {
  let text = '';
  try {
    const headers = { accept: 'application/json' };
    const response = await fetch(url, { headers, signal, redirect: 'manual' });
    const isPage = response.status === 200 && response.body;
    if (!isPage) return `${shown(url)} answers ${response.status}`;
    const decoder = new TextDecoder();
    let bytes = 0;
    for await (const chunk of response.body) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BYTES) return `${shown(url)} is longer than ${MAX_BYTES} bytes`;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    throw new IssuerError(`${shown(url)} cannot be asked: ${reasonOf(error)}.`);
  }
  const value = parse(text);
  return isObject(value) ? value : `${shown(url)} is no JSON object`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text of a runtime or of the issuer, for a log. */
function shown(value: unknown): string {
  return typeof value === 'string' ? visible(value.slice(0, MAX_SHOWN)) : String(typeof value);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return shown(String(error));
  const cause = error.cause instanceof Error ? error.cause : error;
  return shown(
    'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message || cause.name,
  );
}
