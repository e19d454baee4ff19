import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCeiling } from '../../src/http/ceiling.ts';

it('lets a number of calls through in any minute, and says when the next one may come', () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), pauses, (limit, waits) => {
      let now = 0;
      const ceiling = createCeiling(limit, () => now);
      const taken: number[] = [];
      for (const wait of waits) {
        now += wait;
        const inMinute = taken.filter((time) => time > now - 60_000);
        const seconds = ceiling('one');
        expect(seconds === 0).toBe(inMinute.length < limit);
        if (seconds === 0) taken.push(now);
        else expect(seconds).toBe(Math.ceil(((inMinute[0] ?? 0) + 60_000 - now) / 1_000));
      }
    }),
  );
});

it('counts callers apart', () => {
  const ceiling = createCeiling(1, () => 0);
  expect(['one', 'two', 'one', 'two'].map(ceiling)).toEqual([0, 0, 60, 60]);
});
