import * as z from 'zod';
import { MAX_TEXT_LENGTH, visible } from '../text.ts';

const text = z.string();
const optionalText = text.nullish();

/** What an agent acts on, so it is shown as it is or not at all. */
const identifier = text
  .min(1)
  .max(MAX_TEXT_LENGTH)
  .refine((id) => visible(id) === id, 'identifier hides characters');

/** An opaque cursor. One that could not travel back unchanged is refused here, before a model is told to use it. */
const cursor = z
  .string()
  .max(4_096)
  .refine((value) => value.isWellFormed(), 'cursor is not well-formed text')
  .nullish();

export const customerAlias = z.object({
  id: text,
  sequenceAccountId: text,
  customerId: identifier,
  value: text,
  createdAt: text,
  label: optionalText,
  archivedAt: optionalText,
  deletedAt: optionalText,
});

/**
 * One page of `GET /customer-aliases` as Sequence sends it: unknown fields are ignored, and `null` means absent, because
 * sibling schemas of the same API call these fields nullable where this one calls them optional.
 */
export const customerAliasPage = z.object({
  // Sequence's own bound on a page.
  items: z.array(customerAlias).max(100),
  pagination: z.object({
    after: cursor,
    before: cursor,
    totalResultSize: z.int().min(0).nullish(),
  }),
});

/** A customer alias as Sequence sends it; times are ISO 8601 text. */
export type CustomerAlias = z.infer<typeof customerAlias>;
