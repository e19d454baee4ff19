import type { ApiConfig } from '../config.ts';
import { CallError, TRY_LATER, TRY_ONCE_MORE, TRY_SMALLER } from '../errors.ts';
import type { ApiResponse, NetworkError } from './fetch.ts';

/** The window of Sequence's limit, for a refusal that does not say how long to wait. */
const RATE_LIMIT_WINDOW_MS = 60_000;
const CHECK_PROXY =
  'Ask the person to check the proxy that is set for this server; this says nothing about the alias or the API key.';

/** Statuses below 500 that say nothing about the request, so that a retry may succeed. */
const RETRYABLE = new Set([408, 421, 425, 429, 499]);

export function isRetryable(status: number): boolean {
  return status >= 500 || RETRYABLE.has(status);
}

/**
 * What any response but a page means. Only its status, an error type that looks like an identifier, and
 * a computed wait are repeated. `hasCursor` tells whether the request had one.
 */
export function errorFromResponse(
  { status, headers, text }: ApiResponse,
  api: ApiConfig,
  tries: number,
  hasCursor: boolean,
): CallError {
  const host = new URL(api.url).host;
  const body = parseJson(text);
  const type = errorType(body);
  const code = type ? `${status}, ${type}` : `${status}`;
  const wait = retryAfterMs(headers);

  switch (status) {
    case 401:
    case 403:
      return new CallError(
        'authentication',
        `Sequence at ${host} (${api.environment}) rejected the API key (${code}).`,
        status === 403 && mayBeFirewall(headers, body)
          ? 'The response is not of the form that Sequence documents, so a firewall or proxy may have refused: ask the person to check that first, and only then the key.'
          : 'Ask the person to check that SEQUENCE_CLIENT_ID and SEQUENCE_CLIENT_SECRET are right and belong to this environment.',
      );
    case 400:
    case 404:
    case 410:
    case 413:
    case 414:
    case 422:
    case 431:
      if (type === 'UnrecognisedApiVersion') {
        return new CallError(
          'configuration',
          `Sequence does not know API version ${api.version} (${code}).`,
          'Ask the person to correct SEQUENCE_API_VERSION.',
        );
      }
      return new CallError(
        'invalid_request',
        `Sequence rejected the request (${code}).`,
        remedyOf(status, hasCursor),
      );
    case 407:
      return new CallError(
        'unavailable',
        `A proxy on the way to ${host} refused (${code}).`,
        CHECK_PROXY,
      );
    case 429:
      return keyLimitReached(wait ?? RATE_LIMIT_WINDOW_MS, code);
  }
  if (isRetryable(status)) {
    return new CallError(
      'unavailable',
      `Sequence at ${host} failed (${code}; ${count(tries)}).`,
      wait === undefined ? TRY_LATER : `Try again in ${inWords(wait)}.`,
    );
  }
  return new CallError(
    'unexpected_response',
    `Sequence at ${host} answered with status ${code}, which it does not document.`,
    'No other argument can change that: tell the person, who can ask Sequence or whoever runs a gateway before it.',
  );
}

/** Which argument to change. A cursor is the likely cause if there is one: it may have expired. */
function remedyOf(status: number, hasCursor: boolean): string {
  if (hasCursor) return 'Start again without a cursor, and do not use this one again.';
  if (status === 404 || status === 410) {
    return 'Ask the person to check SEQUENCE_API_URL. This says nothing about the alias.';
  }
  if (status === 400 || status === 422) return 'Change the value you asked for.';
  return 'Ask for a shorter value.';
}

/** `waitMs`: until Sequence takes requests again. */
export function keyLimitReached(waitMs: number, code = '429'): CallError {
  return new CallError(
    'rate_limited',
    `Sequence is refusing requests because the limit of this API key is used up (${code}).`,
    `Try again in ${inWords(waitMs)}.`,
  );
}

/** A wait for this server's own limits that would outlast the deadline. */
export function ownLimitReached(limits: string): CallError {
  return new CallError(
    'timeout',
    `This server allows itself ${limits} (SEQUENCE_REQUESTS_PER_MINUTE), and that was used up.`,
    'Try again in a minute.',
  );
}

/** A caller of the endpoint whose requests at Sequence reached its own limit. */
export function callerLimitReached(waitMs: number): CallError {
  return new CallError(
    'rate_limited',
    'You have made as many requests as this endpoint allows one caller.',
    `Try again in ${inWords(waitMs)}.`,
  );
}

/** A connection that failed on every attempt. */
export function errorFromNetwork(error: NetworkError, api: ApiConfig, tries: number): CallError {
  const host = new URL(api.url).host;
  if (error.timedOut) {
    return new CallError(
      'timeout',
      `Sequence at ${host} gave ${error.message} (${count(tries)}).`,
      TRY_SMALLER,
    );
  }
  return new CallError(
    'unavailable',
    `Sequence at ${host} cannot be reached: ${error.message} (${count(tries)}).`,
    error.byProxy ? CHECK_PROXY : TRY_LATER,
  );
}

/** Names the first field that is wrong, such as `items[3].customerId`; empty for the page itself. */
export function errorFromShape(field: string): CallError {
  return new CallError(
    'unexpected_response',
    `Sequence's answer is not of the documented shape${field && `: ${field} is missing or wrong`}.`,
    TRY_ONCE_MORE,
  );
}

/** The wait of `Retry-After` in milliseconds, from either of its forms (RFC 9110), if it has one. */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  // RFC 9110 knows whole seconds only; some gateways send fractions.
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1_000;
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  // The oldest of its three date forms names no zone, and means GMT too.
  const date = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function count(tries: number): string {
  return tries === 1 ? '1 try' : `${tries} tries`;
}

function inWords(milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1_000));
  if (seconds > 86_400) return 'more than a day';
  return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
}

/** Cloudflare and AWS mark what their own firewalls refuse. */
function mayBeFirewall(headers: Headers, body: unknown): boolean {
  const isMarked = headers.has('cf-mitigated') || headers.has('x-amzn-errortype');
  return isMarked || typeof body !== 'object' || body === null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The `type` of the one documented error body, if it looks like an identifier and not like prose. */
function errorType(body: unknown): string | undefined {
  const type = (body as { error?: { type?: unknown } } | undefined | null)?.error?.type;
  if (typeof type !== 'string') return undefined;
  return /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(type) ? type : undefined;
}
