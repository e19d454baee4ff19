import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Deadline } from '../../src/deadline.ts';
import { createCeiling, type Limiter } from '../../src/sequence/limiter.ts';
import { createProcessLimiter } from '../../src/sequence/process-limiter.ts';
import { clientFor } from '../support/call.ts';

const HOUR = 3_600_000;
let sent: { name: string; at: number }[];
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
});
afterEach(() => vi.useRealTimers());

const patient = (signal = new AbortController().signal): Deadline => ({ signal, endsAt: Number.POSITIVE_INFINITY });
/** Sends one request, and notes when it went. */
const send = (limiter: Limiter, name: string, deadline = patient()) =>
  limiter.run(async () => void sent.push({ name, at: performance.now() }), deadline);

describe.each([
  ['of one process', createProcessLimiter],
  ['that waits for no other request', createCeiling],
])('the ceiling %s', (_, createLimiter) => {
  it.each([-HOUR, HOUR])('counts on through a step of the wall clock by %i ms', async (step) => {
    const limiter = createLimiter(2);
    for (const name of ['a', 'b']) await send(limiter, name);
    const third = send(limiter, 'c');
    vi.setSystemTime(Date.now() + step);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    await third;
    expect(sent).toHaveLength(3);
  });

  it('lets one request a minute through, in order', async () => {
    const limiter = createLimiter(1);
    const begun = performance.now();
    const all = ['a', 'b', 'c'].map((name) => send(limiter, name));
    await vi.advanceTimersByTimeAsync(180_000);
    await Promise.all(all);
    expect(sent.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    for (const [index, { at }] of sent.entries()) expect(at - begun).toBeGreaterThanOrEqual(index * 60_000);
    expect((sent[2]?.at ?? 0) - begun).toBeLessThan(122_000);
  });

  it('keeps a thousand in line, of which every other gives up, and forgets them all', async () => {
    const limiter = createLimiter(400);
    const cancels = Array.from({ length: 1_000 }, () => new AbortController());
    const all = cancels.map(({ signal }, n) => send(limiter, `${n}`, patient(signal)).catch((error: unknown) => error));
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toHaveLength(400);
    for (const [n, cancel] of cancels.entries()) if (n % 2) cancel.abort('enough');
    await vi.advanceTimersByTimeAsync(62_000);
    expect((await Promise.all(all)).filter((end) => end === 'enough')).toHaveLength(300);
    const evenFrom400 = Array.from({ length: 300 }, (_, n) => `${400 + 2 * n}`);
    expect(sent.slice(400).map(({ name }) => name)).toEqual(evenFrom400);
    for (const [index, { at }] of sent.entries()) {
      expect(at - (sent[index - 400]?.at ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(60_000);
    }
    for (const { signal } of cancels) expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('lets others pass one whose work was dropped, within seconds', async () => {
  const limiter = createCeiling(1);
  await send(limiter, 'a');
  // Workers drop the timers of a request whose client went away, and nothing after them runs.
  vi.spyOn(globalThis, 'setTimeout').mockImplementationOnce(() => ({}) as NodeJS.Timeout);
  void send(limiter, 'dropped');
  const next = send(limiter, 'b');
  await vi.advanceTimersByTimeAsync(64_000);
  await next;
  expect(sent.map(({ name }) => name)).toEqual(['a', 'b']);
});

it('may be left out', async () => {
  const asked: string[] = [];
  const client = clientFor('http://localhost', {
    limiter: { run: (work) => work() },
    variables: { SEQUENCE_REQUESTS_PER_MINUTE: '1' },
    fetch: async (url) => {
      asked.push(url);
      return Response.json({ items: [], pagination: {} });
    },
  });
  await Promise.all(Array.from({ length: 20 }, () => client.listCustomerAliases({ limit: 1 }, patient())));
  expect(asked).toHaveLength(20);
});
