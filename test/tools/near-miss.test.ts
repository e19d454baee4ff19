import { afterEach, expect, it, vi } from 'vitest';
import { collectNearMisses } from '../../src/tools/near-miss.ts';

afterEach(() => vi.restoreAllMocks());

/** Marks that Unicode puts into another order, which takes a time that grows with the square of their number. */
const marks = (count: number) => '\u0301\u0316'.repeat(count / 2);

it('has no long row of marks put into order, and takes such text for like nothing', () => {
  const normalize = vi.spyOn(String.prototype, 'normalize');
  const wanted = `a${marks(990)}`;
  for (const asked of [wanted, 'abc']) {
    const nearMisses = collectNearMisses(asked);
    for (const value of [`b${marks(3_990)}`, `abc${marks(40)}`, `${wanted} `]) nearMisses.add(value);
    expect(nearMisses.list()).toEqual([]);
  }
  for (const text of normalize.mock.contexts) expect(text).not.toMatch(/\p{M}{31}/u);
});

it('still folds what people write with marks', () => {
  const nearMisses = collectNearMisses('Việt');
  nearMisses.add('Vie\u0323\u0302t'.toUpperCase());
  expect(nearMisses.list()).toHaveLength(1);
});
