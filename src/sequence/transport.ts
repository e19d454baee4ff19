import { CallError, TRY_ONCE_MORE } from '../errors.ts';

/** The part of `fetch` that is used: a runtime's own, one in its place, or the demo, which answers in memory. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  readonly redirect: 'manual';
}

/** The part of a `Response` that is used. */
export interface FetchResponse {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
  /** A coding that the body is still in, because nobody asked for it. The runtimes' own `fetch` does not tell. */
  readonly undecoded?: string | undefined;
  /** Decompressed. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** The most bytes of one body, decompressed; a page of 100 demo aliases is 24 kB. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;

const REDIRECTS = new Set([300, 301, 302, 303, 305, 306, 307, 308]);

/** A whole answer, whatever its status. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: FetchResponse['headers'];
  readonly text: string;
  /** When to ask again, where that is not what the headers say. */
  readonly retryInMs?: number;
}

/** A try that got no whole answer, and why in our own words: the phase decides, a runtime's message only adds a hint. */
export class NetworkFailure extends Error {
  override readonly name = 'NetworkFailure';
  readonly kind = 'failure';
  readonly timedOut: boolean;
  /** Whether a proxy refused, which Sequence knows nothing of. */
  readonly byProxy: boolean;

  constructor(reason: string, timedOut = false) {
    super(reason);
    this.timedOut = timedOut;
    this.byProxy = reason === PROXY_REFUSED;
  }
}

/**
 * One try: asks, and reads the whole body, within `timeoutMs` for both. Rejects with a `NetworkFailure`, which is worth
 * another try, with an `unexpected_response`, which is not, or with the signal's reason once that is aborted.
 */
export async function sendOnce(
  fetch: Fetch,
  url: string,
  headers: Record<string, string>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  // One controller for both reasons to stop, so that nothing stays on the caller's signal between tries.
  const stop = new AbortController();
  const cancel = () => stop.abort();
  signal.addEventListener('abort', cancel, { once: true });
  const timer = setTimeout(cancel, timeoutMs);
  try {
    const response = await fetch(url, { headers, signal: stop.signal, redirect: 'manual' });
    const { status } = response;
    if (REDIRECTS.has(status)) throw redirected(status);
    if (status === 200 && response.undecoded) throw notAskedFor(response.undecoded);
    // What a refusal says of itself is a detail: a broken or endless body must not hide the refusal.
    const text =
      status === 200 ? await readText(response, MAX_BODY_BYTES) : await readText(response, 65_536).catch(() => '');
    return { kind: 'answer', status, headers: response.headers, text };
  } catch (error) {
    const timedOut = stop.signal.aborted;
    // Nothing more of the answer is wanted.
    stop.abort();
    signal.throwIfAborted();
    if (error instanceof CallError) throw error;
    if (timedOut) throw new NetworkFailure(`no whole answer within ${timeoutMs / 1_000} s`, true);
    if (error instanceof Error && error.name === 'NotCapable') throw notAllowed(new URL(url).host);
    throw new NetworkFailure(reasonOf(error));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}

async function readText(response: FetchResponse, maxBytes: number): Promise<string> {
  if (!response.body) return '';
  // A broken character in a success could make two aliases look alike; in an error's text it does no harm.
  const decoder = new TextDecoder('utf-8', { fatal: response.status === 200 });
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge();
    text += decode(decoder, chunk);
  }
  return text + decode(decoder);
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new CallError('unexpected_response', 'Sequence sent text that is not valid UTF-8.', TRY_ONCE_MORE);
  }
}

function tooLarge(): CallError {
  return new CallError('unexpected_response', 'Sequence sent more than 5 MiB for one page.', TRY_ONCE_MORE);
}

function notAskedFor(coding: string): CallError {
  const name = /^[a-z0-9-]{1,20}$/.test(coding) ? ` (${coding})` : '';
  const happened = `Sequence's answer has a Content-Encoding that was not asked for${name}.`;
  return new CallError('unexpected_response', happened, TRY_ONCE_MORE);
}

function redirected(status: number): CallError {
  return new CallError(
    'unexpected_response',
    `Sequence answered with a redirect (${status}), which is not followed so that the API key goes nowhere else.`,
    'Ask the person to check SEQUENCE_API_URL.',
  );
}

function notAllowed(host: string): CallError {
  return new CallError(
    'configuration',
    `Deno does not allow this server to reach ${host}.`,
    "Ask the person to add that host to Deno's --allow-net.",
  );
}

const PROXY_REFUSED = 'a proxy on the way refused the connection';

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/ERR_PROXY_TUNNEL|unsuccessful tunnel|proxy authentication required/, PROXY_REFUSED],
  [/ETIMEOUT/, 'no name server answered'],
  [/ENOTFOUND|EAI_AGAIN|dns error/, 'its host name was not found'],
  [/ECONNREFUSED|connection refused/i, 'the connection was refused'],
  [/CERT|SELF_SIGNED|SSL|TLS|EPROTO|certificate|InvalidContentType/i, 'the secure connection (TLS) failed'],
  [/bad port/i, 'fetch does not allow this port'],
  [/ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|timed out/i, 'the connection timed out'],
];

/** Why a connection failed, by the codes and words of Node, Bun and Deno; their text itself is never shown. */
function reasonOf(error: unknown): string {
  const hints: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    hints.push('code' in cause ? String(cause.code) : '', cause.message);
    // Node tries every address of a host and reports the failures together.
    if (cause instanceof AggregateError) hints.push(...cause.errors.map(String));
  }
  const text = hints.join('\n');
  return REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? 'the connection was broken off';
}
