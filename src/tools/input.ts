import * as z from 'zod';

/** Text that can travel in a URL unchanged: an unpaired surrogate would reach Sequence as another character. */
const wellFormed = (value: string) => value.isWellFormed();
const NOT_WELL_FORMED =
  'contains half of a surrogate pair, so it is not text that Sequence can know';

/** Whether text has at most this many characters, counted as JSON Schema does: by code point. */
const atMost = (max: number) => (value: string) =>
  value.length <= max || (value.length <= 2 * max && [...value].length <= max);

const text = z
  .string('must be a string of 1 to 1,000 characters; put a number in quotes')
  .refine(atMost(1_000), 'must have at most 1,000 characters')
  .refine(wellFormed, NOT_WELL_FORMED)
  .meta({ minLength: 1, maxLength: 1_000 });

/**
 * An alias value: matched as it is, so it is neither trimmed nor folded. Models and command lines send a number for
 * digits; one that JSON holds exactly is taken as them.
 */
export const aliasValue = z.preprocess(
  (value) => (Number.isSafeInteger(value) ? String(value) : value),
  text,
);

/** A cursor from an earlier result, opaque. Its bound is not advertised: nobody makes one up. */
export const cursor = z
  .string('must be a cursor, a string from page of an earlier result')
  .refine(
    (value) => value.length <= 4_096,
    'is longer than any cursor; use one from page of an earlier result',
  )
  .refine(wellFormed, NOT_WELL_FORMED);
