import { CallError, TRY_SMALLER } from './errors.ts';

/** How long a caller waits: `signal` aborts, with the error to report, at `endsAt` (`performance.now()`) or earlier. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly endsAt: number;
}

/**
 * Runs `work` with a deadline `timeoutMs` from now, which also ends when `cancelled` aborts. The timer ends with the work:
 * `AbortSignal.timeout` would keep one alive for the whole time after every call.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  cancelled: AbortSignal | undefined,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const expiry = new AbortController();
  const expire = () =>
    expiry.abort(new CallError('timeout', `There was no answer within ${timeoutMs / 1_000} s.`, TRY_SMALLER));
  const timer = setTimeout(expire, timeoutMs);
  try {
    return await work({
      signal: cancelled ? AbortSignal.any([cancelled, expiry.signal]) : expiry.signal,
      endsAt: performance.now() + timeoutMs,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** What the promise gives, unless the signal aborts first: then it rejects with the signal's reason. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Waits, unless the signal aborts first: then it rejects with the signal's reason. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    signal.addEventListener('abort', wake);
  });
}
