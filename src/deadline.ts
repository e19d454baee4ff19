import { CallError, TRY_SMALLER } from './errors.ts';

/**
 * How long a call may take. `signal` aborts with the error to report. Both times are readings of
 * `performance.now()`, in milliseconds.
 */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly startedAt: number;
  readonly endsAt: number;
}

/**
 * Runs `work` with a deadline in `timeoutMs`, which also ends when `cancelled` aborts. The timer and
 * the listener end with the work: `AbortSignal.timeout` would keep the process busy until it fires.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  cancelled: AbortSignal | undefined,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const cancel = () => controller.abort(cancelled?.reason);
  if (cancelled?.aborted) cancel();
  cancelled?.addEventListener('abort', cancel);
  const seconds = timeoutMs / 1_000;
  const timer = setTimeout(() => {
    controller.abort(
      new CallError('timeout', `There was no answer within ${seconds} s.`, TRY_SMALLER),
    );
  }, timeoutMs);
  const startedAt = performance.now();
  try {
    return await work({ signal: controller.signal, startedAt, endsAt: startedAt + timeoutMs });
  } finally {
    clearTimeout(timer);
    cancelled?.removeEventListener('abort', cancel);
  }
}

/** Waits. Rejects with the signal's reason if that aborts first. */
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
