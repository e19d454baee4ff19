import PQueue from 'p-queue';

export const MAX_IN_FLIGHT = 8;

export type InFlightLimit = ReturnType<typeof createInFlightLimit>;

/**
 * The slots of one process. A free slot goes to the caller that holds and awaits the fewest, so a single
 * call waits for one request at most, whatever other callers do. Whoever has a slot first takes the first
 * turn. Not for Workers: its waiters share promises.
 */
export function createInFlightLimit() {
  const slots = new PQueue({ concurrency: MAX_IN_FLIGHT });
  const turns = new PQueue({ concurrency: 1 });
  const requests = new Map<string, number>();
  const count = (caller: string, change: 1 | -1) => {
    const total = (requests.get(caller) ?? 0) + change;
    if (total > 0) requests.set(caller, total);
    else requests.delete(caller);
    return total;
  };
  /** Takes a slot, then the turn, then runs `work`. Rejects with the signal's reason before that. */
  return async <T>(
    caller: string,
    takeTurn: () => Promise<void>,
    work: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> => {
    const priority = -count(caller, 1);
    const workInTurn = async () => {
      await turns.add(takeTurn, { signal });
      return work();
    };
    try {
      return await slots.add(workInTurn, { priority, signal });
    } finally {
      count(caller, -1);
    }
  };
}
