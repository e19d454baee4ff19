import * as z from 'zod';

const NOT_TEXT = 'must be a string of 1 to 1,000 characters; put a number in quotes';

/** Counts code points, as JSON Schema does. */
const isShort = z.refine<string>(
  (value) => value.length <= 2_000 && [...value].length <= 1_000,
  'must have at most 1,000 characters',
);
/** Refuses unpaired surrogates, which would reach Sequence as another character. */
const isWellFormed = z.refine<string>(
  (value) => value.isWellFormed(),
  'contains half of a surrogate pair, so it is not text that Sequence can know',
);

/** Neither trimmed nor folded. Clients may send digits as a number; the schema says string. */
export const aliasValue = z
  .union([z.string().check(isShort, isWellFormed), z.int(NOT_TEXT)], {
    error: ({ input }) =>
      input === undefined ? 'is missing; give a string of 1 to 1,000 characters' : NOT_TEXT,
  })
  .meta({ type: 'string', minLength: 1, maxLength: 1_000, anyOf: undefined });

/** Text from an earlier result. Its maximum is not advertised, since models do not invent it. */
const fromResult = (what: string, source: string) =>
  z
    .string(`must be ${what}, a string from ${source} of an earlier result`)
    .refine(
      (value) => value.length <= 4_096,
      `is too long for ${what}; use one from ${source} of an earlier result`,
    )
    .check(isWellFormed)
    .optional();

export const cursor = fromResult('a cursor', 'page');
export const customerId = fromResult('a customer ID', 'customerId');
