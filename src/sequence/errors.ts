import type { ApiConfig } from '../config.ts';
import { CallError, type ErrorKind, TRY_LATER, TRY_ONCE_MORE, TRY_SMALLER } from '../errors.ts';
import { parseJson } from '../json.ts';
import { type ApiResponse, NetworkError, PROXY_REFUSED } from './fetch.ts';

/** Window of Sequence's rate limit, for a refusal without a wait. */
const RATE_LIMIT_WINDOW_MS = 60_000;
const CHECK_PROXY =
  'Ask the person to check the proxy that is set for this server; this says nothing about the alias or the API key.';
const CHECK_KEY =
  'Ask the person to check that SEQUENCE_CLIENT_ID and SEQUENCE_CLIENT_SECRET are right and belong to this environment.';
const CHECK_FIREWALL =
  'The response is not of the form that Sequence documents, so a firewall or proxy may have refused: ask the person to check that first, and only then the key.';
const TELL_PERSON =
  'No other argument can change that: tell the person, who can ask Sequence or whoever runs a gateway before it.';

const ABOUT_THE_REQUEST = [400, 404, 410, 413, 414, 422, 431];
/** Statuses below 500 that are independent of the request, so that a retry may succeed. */
const RETRYABLE = [408, 421, 425, 429, 499];

export function isRetryable(status: number): boolean {
  return status >= 500 || RETRYABLE.includes(status);
}

/**
 * The error for a response that is no page, or for a connection that failed on every try. Repeats
 * only the status, an error type that looks like an identifier, and a computed wait.
 */
export function errorFrom(
  response: ApiResponse | NetworkError,
  api: ApiConfig,
  tries: number,
  hasCursor: boolean,
): CallError {
  const sequence = `Sequence at ${new URL(api.url).host}`;
  const count = tries === 1 ? '1 try' : `${tries} tries`;
  const fail = (kind: ErrorKind, happened: string, remedy: string) =>
    new CallError(kind, happened, remedy);

  if (response instanceof NetworkError) {
    const { timedOut, message } = response;
    if (timedOut) return fail('timeout', `${sequence} gave ${message} (${count}).`, TRY_SMALLER);
    const remedy = message === PROXY_REFUSED ? CHECK_PROXY : TRY_LATER;
    return fail('unavailable', `${sequence} cannot be reached: ${message} (${count}).`, remedy);
  }

  const { status, headers } = response;
  const body = parseJson(response.text);
  const type = errorType(body);
  const code = type ? `${status}, ${type}` : `${status}`;
  const wait = retryAfterMs(headers);
  if (status === 401 || status === 403) {
    const happened = `${sequence} (${api.environment}) rejected the API key (${code}).`;
    const mayBeFirewall = status === 403 && !isDocumented(headers, body);
    return fail('authentication', happened, mayBeFirewall ? CHECK_FIREWALL : CHECK_KEY);
  }
  if (type === 'UnrecognisedApiVersion') {
    const happened = `Sequence does not know API version ${api.version} (${code}).`;
    return fail('configuration', happened, 'Ask the person to correct SEQUENCE_API_VERSION.');
  }
  if (ABOUT_THE_REQUEST.includes(status)) {
    const happened = `Sequence rejected the request (${code}).`;
    return fail('invalid_request', happened, argumentToChange(status, hasCursor));
  }
  if (status === 407) {
    return fail('unavailable', `A proxy on the way to ${sequence} refused (${code}).`, CHECK_PROXY);
  }
  if (status === 429) return keyLimitReached(wait ?? RATE_LIMIT_WINDOW_MS, code);
  if (isRetryable(status)) {
    const remedy = wait === undefined ? TRY_LATER : tryAgainIn(wait);
    return fail('unavailable', `${sequence} failed (${code}; ${count}).`, remedy);
  }
  const happened = `${sequence} answered with status ${code}, which it does not document.`;
  return fail('unexpected_response', happened, TELL_PERSON);
}

/** If the request had a cursor, that is the likely cause: it may have expired. */
function argumentToChange(status: number, hasCursor: boolean): string {
  if (hasCursor) return 'Start again without a cursor, and do not use this one again.';
  if (status === 404 || status === 410) {
    return 'Ask the person to check SEQUENCE_API_URL. This says nothing about the alias.';
  }
  if (status === 400 || status === 422) return 'Change the value, if you gave one.';
  return 'Ask for a shorter value, if you gave one.';
}

/** Sequence accepts requests again in `waitMs`. */
export function keyLimitReached(waitMs: number, code = '429'): CallError {
  const happened = `Sequence is refusing requests because the limit of this API key is used up (${code}).`;
  return new CallError('rate_limited', happened, tryAgainIn(waitMs));
}

/** The wait for this server's own rate limit would exceed the deadline. */
export function ownLimitReached(perMinute: number): CallError {
  const happened = `This call got no turn in time: this server allows itself ${perMinute} requests a minute (SEQUENCE_REQUESTS_PER_MINUTE), and few at once.`;
  return new CallError('timeout', happened, 'Try again in a minute.');
}

export function callerLimitReached(waitMs: number): CallError {
  const happened = 'You have made as many requests as this endpoint allows one caller.';
  return new CallError('rate_limited', happened, tryAgainIn(waitMs));
}

/** `path` is the first invalid field, such as `items[3].customerId`; empty for the page itself. */
export function errorFromShape(field: string): CallError {
  const detail = field && `: ${field} is missing or wrong`;
  const happened = `Sequence's answer is not of the documented shape${detail}.`;
  return new CallError('unexpected_response', happened, TRY_ONCE_MORE);
}

/** `Retry-After` in milliseconds, from a number or a date (RFC 9110), or `undefined`. */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  // RFC 9110 allows whole seconds only; some gateways send fractions.
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1_000;
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  // The oldest of its three date forms has no zone and means GMT.
  const date = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function tryAgainIn(milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1_000));
  if (seconds > 86_400) return 'Try again in more than a day.';
  return `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
}

/** Whether Sequence sent the response. Cloudflare and AWS mark their firewalls' refusals. */
function isDocumented(headers: Headers, body: unknown): boolean {
  const isMarked = headers.has('cf-mitigated') || headers.has('x-amzn-errortype');
  return !isMarked && typeof body === 'object' && body !== null;
}

/** The `type` of the documented error body, if it looks like an identifier and not like prose. */
function errorType(body: unknown): string | undefined {
  const type = (body as { error?: { type?: unknown } } | undefined | null)?.error?.type;
  return typeof type === 'string' && /^[A-Za-z]\w{0,63}$/.test(type) ? type : undefined;
}
