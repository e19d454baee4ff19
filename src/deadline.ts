import { CallError, TRY_SMALLER } from './errors.ts';

/** How long a caller waits: `signal` aborts, with the error to report, at `endsAt` (`performance.now()`) or earlier. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly endsAt: number;
}

/**
 * Runs `work` with a deadline `timeoutMs` from now, which also ends when `cancelled` aborts. Timer and listener end with the
 * work: `AbortSignal.timeout` would keep a timer alive for the whole time, and `AbortSignal.any` takes longer than this.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  cancelled: AbortSignal | undefined,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const cancel = () => ending.abort(cancelled?.reason);
  if (cancelled?.aborted) cancel();
  cancelled?.addEventListener('abort', cancel);
  const expire = () =>
    ending.abort(new CallError('timeout', `There was no answer within ${timeoutMs / 1_000} s.`, TRY_SMALLER));
  const timer = setTimeout(expire, timeoutMs);
  try {
    return await work({ signal: ending.signal, endsAt: performance.now() + timeoutMs });
  } finally {
    clearTimeout(timer);
    cancelled?.removeEventListener('abort', cancel);
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
