import PQueue from 'p-queue';

/** Requests that one process sends to Sequence at once. */
export const MAX_IN_FLIGHT = 8;

/** Runs `work` in a slot. Rejects with the signal's reason if that aborts first. */
export type InFlightLimit = <T>(
  caller: string,
  work: () => Promise<T>,
  signal: AbortSignal,
) => Promise<T>;

/**
 * The slots of one process. A free slot goes to the caller that holds and awaits the fewest, so a single
 * call waits for one request at most, whatever other callers do. Not for Workers: its waiters share
 * promises.
 */
export function createInFlightLimit(): InFlightLimit {
  const queue = new PQueue({ concurrency: MAX_IN_FLIGHT });
  const requests = new Map<string, number>();
  const count = (caller: string, change: 1 | -1) => {
    const total = (requests.get(caller) ?? 0) + change;
    if (total > 0) requests.set(caller, total);
    else requests.delete(caller);
    return total;
  };
  return async (caller, work, signal) => {
    const priority = -count(caller, 1);
    try {
      return await queue.add(work, { priority, signal });
    } finally {
      count(caller, -1);
    }
  };
}
