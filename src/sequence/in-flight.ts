import PQueue from 'p-queue';

export const MAX_IN_FLIGHT = 8;

export type InFlightLimit = ReturnType<typeof createInFlightLimit>;

/**
 * The slots of one process. Callers take turns, each with its oldest request first, so a single
 * call waits for at most one request of the others (start-time fair queuing). Not for Workers: its
 * waiters share promises.
 */
export function createInFlightLimit() {
  const slots = new PQueue({ concurrency: MAX_IN_FLIGHT });
  const turns = new PQueue({ concurrency: 1 });
  /** The round that is being served, and the round of each caller's newest request. */
  let served = 0;
  const newest = new Map<string, number>();
  /** Waits for a slot and a turn, then runs `work`. If aborted before, rejects with the reason. */
  return async <T>(
    caller: string,
    takeTurn: () => Promise<void>,
    work: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> => {
    const round = Math.max(served, (newest.get(caller) ?? -1) + 1);
    newest.set(caller, round);
    const workInTurn = async () => {
      served = Math.max(served, round);
      await turns.add(takeTurn, { signal });
      return work();
    };
    // A round that is over has no effect any more.
    for (const [name, last] of newest) if (last < served) newest.delete(name);
    return slots.add(workInTurn, { priority: -round, signal });
  };
}
