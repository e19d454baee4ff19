import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createCeiling } from '../../src/sequence/limiter.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;
const within = (milliseconds: number) => ({ signal: never, endsAt: performance.now() + milliseconds });

it('lets others pass a waiter whose work was dropped', async () => {
  const { run } = createCeiling(1);
  await run(async () => {}, within(1_000));
  // Workers drop the timers of a request whose client went away: this one never wakes up.
  const dropped = vi.spyOn(globalThis, 'setTimeout').mockImplementationOnce(() => ({}) as NodeJS.Timeout);
  void run(async () => {}, within(5_000));
  expect(dropped).toHaveBeenCalledOnce();
  const next = run(async () => 'sent', within(90_000));
  await vi.advanceTimersByTimeAsync(59_000);
  expect(await Promise.race([next, 'waits'])).toBe('waits');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await Promise.race([next, 'waits'])).toBe('sent');
});
