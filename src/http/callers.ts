import type { Caller } from '../sequence/client.ts';
import { type Limit, RateLimit } from '../sequence/rate-limit.ts';
import type { HttpConfig } from './config.ts';
import { errorResponse } from './errors.ts';
import { onResponseEnd } from './log.ts';

const MAX_CALLS = 256;

export type Callers = ReturnType<typeof createCallers>;

/** Limits for each caller of one process. One of several callers gets at most half of it. */
export function createCallers(
  { tokens, oauth, callsPerMinute }: Pick<HttpConfig, 'tokens' | 'oauth' | 'callsPerMinute'>,
  requestsPerMinute: number,
) {
  const callers = tokens.length > 0 || oauth ? 2 : 1;
  const perMinute = Math.min(callsPerMinute, Math.ceil(requestsPerMinute / callers));
  const limits = new Map<string, RateLimit>();
  const inProgress: string[] = [];
  return {
    /** The rate limit of the requests to Sequence that a caller causes. */
    limitOf(name: string): Limit {
      for (const [other, { isIdle }] of limits) if (isIdle) limits.delete(other);
      const limit = limits.get(name) ?? new RateLimit(perMinute);
      limits.set(name, limit);
      return limit;
    },
    /** Counts a tool call as in progress until the returned function is called. */
    begin(name: string): (() => void) | 'process full' | 'caller full' {
      if (inProgress.length >= MAX_CALLS) return 'process full';
      const own = inProgress.filter((other) => other === name);
      if (own.length >= MAX_CALLS / callers) return 'caller full';
      inProgress.push(name);
      return () => void inProgress.splice(inProgress.indexOf(name), 1);
    },
  };
}

/** Serves a tool call within its caller's limits. Each call counts as at least one request. */
export async function serveCall(
  callers: Callers,
  name: string,
  id: string | number,
  serve: (caller: Caller) => Promise<Response>,
): Promise<Response> {
  const refuse = (status: 429 | 503, why: string, seconds = 5) =>
    errorResponse(status, `${why}: wait ${seconds} s.`, { 'retry-after': `${seconds}` }, id);
  const end = callers.begin(name);
  if (end === 'process full') return refuse(503, 'Too many calls are in progress');
  if (end === 'caller full') return refuse(429, 'You have too many calls at once');
  try {
    const limit = callers.limitOf(name);
    const wait = await limit.take();
    if (wait > 0) {
      end();
      return refuse(429, 'You have made too many calls', Math.ceil(wait / 1_000));
    }
    let isCounted = true;
    const take = () => {
      if (!isCounted) return limit.take();
      isCounted = false;
      return 0;
    };
    return onResponseEnd(await serve({ name, limit: { take } }), end);
  } catch (error) {
    end();
    throw error;
  }
}
