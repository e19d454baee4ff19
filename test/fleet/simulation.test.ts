// Many replicas that share one key, in simulated time: the real client with its rate limit and retries, and a Sequence that
// allows 1,500 requests in any minute for all of them.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { quantile } from '../../bench/statistics.ts';
import { withDeadline } from '../../src/deadline.ts';
import { CallError } from '../../src/errors.ts';
import { clientFor } from '../support/call.ts';

const PER_MINUTE = 1_500;
const MINUTES = 2;
const DEADLINE_MS = 45_000;
const PAGE = JSON.stringify({ items: [], pagination: {} });

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** Whether a refusal by Sequence has a Retry-After. */
const HINTS = { 'Retry-After': true, 'no Retry-After': false };

/** Calls at even intervals, `load` times as many as Sequence allows. */
async function simulate(replicas: number, load: number, hints: boolean) {
  const passed: number[] = [];
  let requests = 0;
  const fetch = async () => {
    requests++;
    await new Promise((resolve) => setTimeout(resolve, 50));
    const now = performance.now();
    while ((passed[0] ?? now) <= now - 60_000) passed.shift();
    const [oldest = now] = passed;
    if (passed.length >= PER_MINUTE) {
      const headers = hints ? { 'retry-after': String(Math.ceil((oldest + 60_000 - now) / 1_000)) } : {};
      return new Response('', { status: 429, headers });
    }
    passed.push(now);
    return new Response(PAGE);
  };
  const clients = Array.from({ length: replicas }, () => clientFor('http://localhost', { fetch }));
  const kinds = new Map<string, number>();
  const waits: number[] = [];
  const calls: Promise<void>[] = [];
  const call = async (number: number) => {
    const start = performance.now();
    const client = clients[number % replicas] ?? expect.fail();
    const end = await withDeadline(DEADLINE_MS, undefined, (deadline) =>
      client.listCustomerAliases({ limit: 1 }, (row) => row.id(), deadline),
    ).then(
      () => 'ok',
      (error: unknown) => (error instanceof CallError ? error.kind : String(error)),
    );
    kinds.set(end, (kinds.get(end) ?? 0) + 1);
    if (end === 'ok') waits.push(performance.now() - start);
  };
  const total = PER_MINUTE * MINUTES * load;
  for (let number = 0; number < total; number++) {
    calls.push(call(number));
    await vi.advanceTimersByTimeAsync(60_000 / PER_MINUTE / load);
  }
  await vi.advanceTimersByTimeAsync(DEADLINE_MS);
  await Promise.all(calls);
  return {
    kinds: Object.fromEntries(kinds),
    succeed: (kinds.get('ok') ?? 0) / total,
    median: quantile(waits, 0.5),
    p95: quantile(waits, 0.95),
    requestsPerCall: requests / total,
  };
}

/** The figures of a run, for docs/HOSTING.md. */
function tell(run: string, figures: object): void {
  process.stderr.write(`${run}: ${JSON.stringify(figures)}\n`);
}

describe.each([1, 10, 100])('%i replicas of one key', (replicas) => {
  it.each([0.5, 1])('send one request for a call at %d times the limit', { timeout: 120_000 }, async (load) => {
    const result = await simulate(replicas, load, true);
    expect(result).toMatchObject({
      kinds: { ok: PER_MINUTE * MINUTES * load },
      requestsPerCall: 1,
      median: 50,
      p95: 50,
    });
  });

  it.each(Object.keys(HINTS) as (keyof typeof HINTS)[])(
    'make no flood at twice the limit, with %s',
    { timeout: 120_000 },
    async (hint) => {
      const result = await simulate(replicas, 2, HINTS[hint]);
      tell(`${replicas} replicas, twice the limit, with ${hint}`, result);
      // A single replica's own rate limit prevents refusals. After a refusal calls take turns, some too late.
      const kinds = replicas === 1 ? ['ok', 'timeout'] : ['ok', 'rate_limited', 'timeout'];
      expect(kinds).toEqual(expect.arrayContaining(Object.keys(result.kinds)));
      // The limit allows 75 %.
      expect(result.succeed).toBeGreaterThan(replicas === 1 || HINTS[hint] ? 0.7 : 0.5);
      expect(result.requestsPerCall).toBeLessThan(HINTS[hint] ? 1.5 : 2.1);
    },
  );
});
