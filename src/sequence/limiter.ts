import { type Deadline, pause } from '../deadline.ts';
import { CallError } from '../errors.ts';

/** Lets requests go within Sequence's limits. */
export interface Limiter {
  /** Runs `work` in its turn. Rejects with a `timeout` where the deadline ends before that, or with the signal's reason. */
  run<T>(work: () => Promise<T>, deadline: Deadline): Promise<T>;
}

const WINDOW_MS = 60_000;
/** How soon a waiter notices that one before it gave up. */
const LOOK_AGAIN_MS = 1_000;
/** How long after its last look a waiter counts as one that left. */
const GONE_MS = 3 * LOOK_AGAIN_MS;
/** How soon one looks again whose turn it would be, but for those before it who have not woken yet. */
const NEXT_MS = 5;

/**
 * At most `perMinute` requests in any 60 s of a monotonic clock, first come first served. Each waiter sleeps on its own
 * timer and looks at plain data, so that on Workers no request settles a promise of another. p-queue counts by the wall
 * clock: after a step of an hour back, it let nothing through for that hour.
 */
export function createCeiling(perMinute: number): Limiter {
  const sentAt: number[] = [];
  /** When each waiter last looked, in order of arrival. */
  const waiting = new Map<object, number>();

  const placeOf = (ticket: object): number => {
    const now = performance.now();
    // Workers drop the work of a client that went away, its `finally` with it: who does not look any more has left.
    for (const [other, lookedAt] of waiting) if (lookedAt + GONE_MS < now && other !== ticket) waiting.delete(other);
    waiting.set(ticket, now);
    return [...waiting.keys()].indexOf(ticket);
  };

  /** Milliseconds until the request at this place in the line may go. */
  const waitAt = (place: number): number => {
    const now = performance.now();
    while (sentAt[0] !== undefined && sentAt[0] + WINDOW_MS <= now) sentAt.shift();
    const freedBy = sentAt[sentAt.length + place - perMinute];
    return freedBy === undefined ? 0 : freedBy + WINDOW_MS - now;
  };

  return {
    async run(work, { signal }) {
      const ticket = {};
      try {
        for (;;) {
          signal.throwIfAborted();
          const place = placeOf(ticket);
          // More in line than one window lets through.
          const wait = place >= perMinute ? LOOK_AGAIN_MS : waitAt(place);
          if (wait <= 0 && place === 0) break;
          await pause(Math.min(Math.max(wait, place > 0 ? NEXT_MS : 0), LOOK_AGAIN_MS), signal);
        }
        sentAt.push(performance.now());
      } catch (error) {
        throw signal.aborted ? explainWait(signal.reason, `${perMinute} requests a minute`) : error;
      } finally {
        waiting.delete(ticket);
      }
      return work();
    },
  };
}

/** A deadline that ended in the line: our own limit was the cause, not Sequence. */
export function explainWait(error: unknown, limit: string): unknown {
  if (!(error instanceof CallError)) return error;
  const why = `This server allows itself ${limit} (SEQUENCE_REQUESTS_PER_MINUTE), and that was used up.`;
  return new CallError('timeout', why, 'Try again in a minute.');
}
