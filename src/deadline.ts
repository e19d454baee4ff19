import { CallError, TRY_SMALLER } from './errors.ts';

/** A call's deadline. `signal` aborts with the error to report. `endsAt` is `performance.now()`. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly endsAt: number;
}

/** Runs `work` with a deadline in `timeoutMs`. Its signal also aborts when `cancelled` does. */
export async function withDeadline<T>(
  timeoutMs: number,
  cancelled: AbortSignal | undefined,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController();
  const happened = `There was no answer within ${timeoutMs / 1_000} s.`;
  const expire = () => timeout.abort(new CallError('timeout', happened, TRY_SMALLER));
  const timer = setTimeout(expire, timeoutMs);
  const signal = AbortSignal.any(cancelled ? [timeout.signal, cancelled] : [timeout.signal]);
  try {
    return await work({ signal, endsAt: performance.now() + timeoutMs });
  } finally {
    // `AbortSignal.timeout` would keep its timer until it fires.
    clearTimeout(timer);
  }
}

/** Waits `ms` milliseconds. Rejects with the signal's reason if it aborts first. */
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
    if (signal.aborted) wake();
  });
}
