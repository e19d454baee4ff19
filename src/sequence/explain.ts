import type { ApiConfig } from '../config.ts';
import { CallError, TRY_LATER, TRY_ONCE_MORE, TRY_SMALLER } from '../errors.ts';
import type { Answer, NetworkFailure } from './transport.ts';

/** Where the limit is per minute and Sequence does not say how long to wait. */
const RATE_LIMIT_WINDOW_MS = 60_000;
const CHECK_PROXY =
  'Ask the person to check the proxy that is set for this server; this says nothing about the alias or the API key.';

/** Below 500, the statuses that say nothing about the request, so that the same request may pass a moment later. */
const PASSING = new Set([408, 421, 425, 429, 499]);

export function mayPass(status: number): boolean {
  return status >= 500 || PASSING.has(status);
}

/** What any answer but a page means. Only its status, an identifier-like error type and a computed wait are repeated. */
export function errorOfAnswer({ status, headers, text }: Answer, api: ApiConfig, tries: number): CallError {
  const host = new URL(api.url).host;
  const type = errorType(text);
  const answer = type ? `${status}, ${type}` : `${status}`;
  const wait = retryAfterMs(headers);

  switch (status) {
    case 401:
    case 403:
      return new CallError(
        'authentication',
        `Sequence at ${host} (${api.environment}) rejected the API key (${answer}).`,
        'Ask the person to check that SEQUENCE_CLIENT_ID and SEQUENCE_CLIENT_SECRET are right and belong to this environment.',
      );
    case 404:
      return new CallError(
        'invalid_request',
        `Sequence found nothing at this address (${answer}).`,
        'If it had a cursor, start again without it; otherwise ask the person to check SEQUENCE_API_URL. Nothing was said about the alias.',
      );
    case 400:
    case 414:
    case 422:
      if (type === 'UnrecognisedApiVersion') {
        return new CallError(
          'configuration',
          `Sequence does not know API version ${api.version} (${answer}).`,
          'Ask the person to correct SEQUENCE_API_VERSION.',
        );
      }
      return new CallError(
        'invalid_request',
        `Sequence rejected the request (${answer}).`,
        'If it had a cursor, start again without it; otherwise change the value you asked for.',
      );
    case 407:
      return new CallError('unavailable', `A proxy on the way to ${host} refused (${answer}).`, CHECK_PROXY);
    case 429:
      return new CallError(
        'rate_limited',
        `Sequence is refusing requests because the limit of this API key is used up (${answer}).`,
        `Try again in ${inWords(wait ?? RATE_LIMIT_WINDOW_MS)}.`,
      );
  }
  if (mayPass(status)) {
    return new CallError(
      'unavailable',
      `Sequence at ${host} failed (${answer}; ${count(tries)}).`,
      wait === undefined ? TRY_LATER : `Try again in ${inWords(wait)}.`,
    );
  }
  return new CallError(
    'unexpected_response',
    `Sequence at ${host} answered with status ${answer}, which it does not document.`,
    'Nothing in your request can change that: tell the person, who can ask Sequence or whoever runs a gateway before it.',
  );
}

/** What a connection that failed on every try means. */
export function errorOfNetwork(failure: NetworkFailure, api: ApiConfig, tries: number): CallError {
  const host = new URL(api.url).host;
  return failure.timedOut
    ? new CallError('timeout', `Sequence at ${host} gave ${failure.message} (${count(tries)}).`, TRY_SMALLER)
    : new CallError(
        'unavailable',
        `Sequence at ${host} cannot be reached: ${failure.message} (${count(tries)}).`,
        failure.byProxy ? CHECK_PROXY : TRY_LATER,
      );
}

/** Names the first field that is wrong, such as `items[3].customerId`; nothing for the page itself. */
export function errorOfShape(field: string): CallError {
  return new CallError(
    'unexpected_response',
    `Sequence's answer is not of the documented shape${field && `: ${field} is missing or wrong`}.`,
    TRY_ONCE_MORE,
  );
}

/** The wait that `Retry-After` asks for in milliseconds, from either of its forms (RFC 9110), if it can be read. */
export function retryAfterMs(headers: Answer['headers']): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  // RFC 9110 knows whole seconds only; some gateways send parts of one.
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
  return seconds > 86_400 ? 'more than a day' : `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
}

/** The `type` of the one documented error body, if it looks like an identifier and not like prose. */
function errorType(text: string): string | undefined {
  try {
    const type: unknown = JSON.parse(text)?.error?.type;
    return typeof type === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(type) ? type : undefined;
  } catch {
    return undefined;
  }
}
