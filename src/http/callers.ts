import { type Limit, RateLimit } from '../sequence/rate-limit.ts';

/** Tool calls in progress in one process. */
const MAX_CALLS = 256;

/** What each caller may still do. */
export interface Callers {
  /** The limit of the requests at Sequence that a caller's tool calls cause. */
  limitOf(name: string): Limit;
  /**
   * Counts a tool call as in progress, until the function it returns is called. Tells why not, if the
   * process or this caller has too many.
   */
  begin(name: string): (() => void) | 'process full' | 'caller full';
}

/**
 * The callers of one process. Each may cause `perMinute` requests a minute, and have half of the calls
 * in progress, unless there is only one.
 */
export function createCallers(perMinute: number, isOnlyCaller: boolean): Callers {
  const limits = new Map<string, RateLimit>();
  const inProgress = new Map<string, number>();
  const share = isOnlyCaller ? MAX_CALLS : MAX_CALLS / 2;
  let total = 0;
  const add = (name: string, change: 1 | -1) => {
    total += change;
    const calls = (inProgress.get(name) ?? 0) + change;
    if (calls > 0) inProgress.set(name, calls);
    else inProgress.delete(name);
  };
  return {
    limitOf(name) {
      const known = limits.get(name);
      if (known) return known;
      for (const [other, limit] of limits) if (limit.isIdle) limits.delete(other);
      const limit = new RateLimit(perMinute);
      limits.set(name, limit);
      return limit;
    },
    begin(name) {
      if (total >= MAX_CALLS) return 'process full';
      if ((inProgress.get(name) ?? 0) >= share) return 'caller full';
      add(name, 1);
      return () => add(name, -1);
    },
  };
}
