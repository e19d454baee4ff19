import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { RateLimit } from '../../src/sequence/rate-limit.ts';

/** A limit with a clock that the test sets, in milliseconds. */
function limitAt(perMinute: number, start = 0) {
  const clock = { time: start };
  return { clock, limit: new RateLimit(perMinute, () => clock.time) };
}

it('allows at most its number in any 60 s, and returns the wait for the next', () => {
  const requests = fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), requests, (perMinute, gaps) => {
      const { clock, limit } = limitAt(perMinute);
      const sent: number[] = [];
      for (const gap of gaps) {
        clock.time += gap;
        const wait = limit.take();
        if (wait > 0) {
          // One moment earlier it would have to wait again.
          clock.time += wait - 1;
          expect(limit.take()).toBe(1);
          clock.time += 1;
          expect(limit.take()).toBe(0);
        }
        sent.push(clock.time);
      }
      for (const at of sent) {
        expect(sent.filter((other) => other >= at && other < at + 60_000).length).toBeLessThanOrEqual(perMinute);
      }
    }),
  );
});

it('allows no request during a pause, and then one at a time for two seconds', () => {
  const { clock, limit } = limitAt(1_000);
  limit.pause(40_000);
  clock.time = 30_000;
  const sent: number[] = [];
  while (sent.length < 100) {
    const wait = limit.take();
    if (wait > 0) clock.time += wait;
    else sent.push(clock.time);
  }
  expect(Math.min(...sent)).toBeGreaterThanOrEqual(40_000);
  expect(Math.max(...sent)).toBeLessThanOrEqual(42_500);
  expect(new Set(sent).size).toBeGreaterThan(3);
});

it('returns the rest of a pause, which is at most a minute', () => {
  const { clock, limit } = limitAt(1);
  expect(limit.pauseMs).toBe(0);
  limit.pause(20_000);
  clock.time = 5_000;
  limit.pause(1_000);
  expect(limit.pauseMs).toBe(15_000);
  limit.pause(86_400_000);
  expect(limit.pauseMs).toBe(60_000);
  clock.time = 65_000;
  expect(limit.pauseMs).toBe(0);
});

it('is idle a minute after its last request', () => {
  const { clock, limit } = limitAt(2);
  expect(limit.isIdle).toBe(true);
  limit.take();
  clock.time = 59_999;
  expect(limit.isIdle).toBe(false);
  clock.time = 60_000;
  expect(limit.isIdle).toBe(true);
});
