import PQueue from 'p-queue';
import { createCeiling, explainWait, type Limiter } from './limiter.ts';

const MAX_REQUESTS_IN_FLIGHT = 8;

/** The limits of one process: the ceiling, and 8 requests in flight. Not for Workers: its waiters share promises. */
export function createProcessLimiter(perMinute: number): Limiter {
  const ceiling = createCeiling(perMinute);
  const queue = new PQueue({ concurrency: MAX_REQUESTS_IN_FLIGHT });
  return {
    async run(work, deadline) {
      const { signal } = deadline;
      let started = false;
      const start = () => {
        started = true;
        return work();
      };
      try {
        return await queue.add(() => ceiling.run(start, deadline), { signal });
      } catch (error) {
        throw started
          ? error
          : explainWait(error, `${MAX_REQUESTS_IN_FLIGHT} requests at once and ${perMinute} a minute`);
      }
    },
  };
}
