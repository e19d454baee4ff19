import PQueue from 'p-queue';

export const MAX_IN_FLIGHT = 8;

export type InFlightLimit = ReturnType<typeof createInFlightLimit>;

/**
 * The slots of one process. A free slot goes to the caller with the fewest requests, running or
 * waiting, so a single call waits for at most one request of the others. Turns follow the order of
 * slots. Not for Workers: its waiters share promises.
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
  /** Waits for a slot and a turn, then runs `work`. If aborted before, rejects with the reason. */
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
