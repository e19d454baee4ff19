import { expect, it } from 'vitest';
import { createPlaces } from '../../src/http/places.ts';

it('has a number of places, and each again when it is freed', () => {
  const takePlace = createPlaces(2, 1_000, () => 0);
  const free = takePlace();
  takePlace();
  expect(takePlace()).toBeUndefined();
  free?.();
  free?.();
  expect(takePlace()).toBeDefined();
  expect(takePlace()).toBeUndefined();
});

it('has a place again that nobody freed', () => {
  let now = 0;
  const takePlace = createPlaces(2, 1_000, () => now);
  const freeLate = takePlace();
  now = 500;
  takePlace();
  now = 999;
  expect(takePlace()).toBeUndefined();
  now = 1_000;
  expect(takePlace()).toBeDefined();
  expect(takePlace()).toBeUndefined();
  // It is another's by now.
  freeLate?.();
  expect(takePlace()).toBeUndefined();
});
