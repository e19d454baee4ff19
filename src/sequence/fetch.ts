import { readBody } from '../body.ts';
import { CallError, TRY_ONCE_MORE } from '../errors.ts';

/** The subset of `fetch` that a runtime or the demo provides. */
export type Fetch = (
  url: string,
  init: { headers: Record<string, string>; signal: AbortSignal; redirect: 'manual' },
) => Promise<Response>;

/** Maximum bytes of a page, decompressed. 100 demo aliases take 24 kB. */
const MAX_PAGE_BYTES = 5 * 1024 * 1024;
/** Maximum bytes of an error's body, of which only `type` is read. */
const MAX_ERROR_BYTES = 64 * 1024;

export type ApiResponse = { status: number; headers: Headers; text: string };

/** An attempt without a complete response, and the reason in our own words. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly timedOut: boolean;

  constructor(message: string, timedOut = false) {
    super(message);
    this.timedOut = timedOut;
  }
}

/** Sends one request and reads its body. Resolves with a `NetworkError` if a retry may help. */
export async function fetchOnce(
  fetch: Fetch,
  url: string,
  headers: Record<string, string>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ApiResponse | NetworkError> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const abort = () => controller.abort();
  signal.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(abort, timeoutMs);
  try {
    const response = await fetch(url, { headers, signal: controller.signal, redirect: 'manual' });
    const { status } = response;
    if (status >= 300 && status < 400 && status !== 304) throw redirected(status);
    return { status, headers: response.headers, text: await readText(response) };
  } catch (error) {
    const timedOut = controller.signal.aborted;
    signal.throwIfAborted();
    if (error instanceof CallError) throw error;
    if (timedOut) return new NetworkError(`no whole response in ${timeoutMs / 1_000} s`, true);
    if (error instanceof Error && error.name === 'NotCapable') throw denied(new URL(url).host);
    return new NetworkError(causeOf(error));
  } finally {
    // Cancels an unread rest of the body.
    abort();
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

async function readText({ status, body }: Response): Promise<string> {
  // A broken or endless error body must not hide the status.
  if (status !== 200) {
    const error = await readBody(body, MAX_ERROR_BYTES).catch(() => '');
    return typeof error === 'string' ? '' : error.text;
  }
  const page = await readBody(body, MAX_PAGE_BYTES);
  if (page === 'too large') throw unexpected('more than 5 MiB for one page');
  if (!page.isUtf8) throw unexpected('text that is not valid UTF-8');
  return page.text;
}

export function unexpected(what: string): CallError {
  return new CallError('unexpected_response', `Sequence sent ${what}.`, TRY_ONCE_MORE);
}

function redirected(status: number): CallError {
  const happened = `Sequence answered with a redirect (${status}), which is not followed so that the API key goes nowhere else.`;
  const remedy = 'Ask the person to check SEQUENCE_API_URL.';
  return new CallError('unexpected_response', happened, remedy);
}

function denied(host: string): CallError {
  const happened = `Deno does not allow this server to reach ${host}.`;
  const remedy = "Ask the person to add that host to Deno's --allow-net.";
  return new CallError('configuration', happened, remedy);
}

export const PROXY_REFUSED = 'a proxy on the way refused the connection';

const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/ERR_PROXY_TUNNEL|unsuccessful tunnel|proxy authentication required/, PROXY_REFUSED],
  [/ENOTFOUND|EAI_AGAIN|dns error/, 'its host name was not found'],
  [/ECONNREFUSED|connection refused/i, 'the connection was refused'],
  [/CERT|SELF_SIGNED|SSL|TLS|EPROTO|InvalidContentType/i, 'the secure connection (TLS) failed'],
  [/bad port/i, 'fetch does not allow this port'],
  [/ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|timed out/i, 'the connection timed out'],
];

/** Why a connection failed, from the codes of Node, Bun and Deno, which are never shown. */
function causeOf(error: unknown): string {
  const hints: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    hints.push('code' in cause ? String(cause.code) : '', cause.message);
    // Node tries every address of a host and reports the failures together.
    if (cause instanceof AggregateError) hints.push(...cause.errors.map(String));
  }
  const text = hints.join('\n');
  return CAUSES.find(([pattern]) => pattern.test(text))?.[1] ?? 'the connection was broken off';
}
