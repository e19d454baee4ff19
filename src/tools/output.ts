import * as z from 'zod';
import type { RowReader } from '../sequence/response.ts';

export const optionalText = z.string().optional();

/** A customer alias for a model. An active one has no status. */
export const alias = z.strictObject({
  value: z.string(),
  customerId: z.string(),
  label: optionalText,
  status: z.enum(['archived', 'deleted']).optional(),
});

/** Adds the fields of `detail: "full"`. Times are ISO 8601 text. */
export const fullAlias = alias.extend({
  id: optionalText,
  sequenceAccountId: optionalText,
  createdAt: optionalText,
  archivedAt: optionalText,
  deletedAt: optionalText,
});

export type Alias = z.infer<typeof alias>;

/** An alias both archived and deleted is `deleted`, the stronger of the two. */
export function readAlias(row: RowReader): Alias {
  const isDeleted = row.optionalText('deletedAt') !== undefined;
  const isArchived = row.optionalText('archivedAt') !== undefined;
  return {
    value: row.text('value'),
    customerId: row.customerId(),
    label: row.optionalText('label'),
    status: isDeleted ? 'deleted' : isArchived ? 'archived' : undefined,
  };
}

export function readFullAlias(row: RowReader): z.infer<typeof fullAlias> {
  return {
    ...readAlias(row),
    id: row.text('id'),
    sequenceAccountId: row.text('sequenceAccountId'),
    createdAt: row.text('createdAt'),
    archivedAt: row.optionalText('archivedAt'),
    deletedAt: row.optionalText('deletedAt'),
  };
}

export const RESUMED =
  'This covers the pages from the given cursor on; what earlier calls gave still counts.';
export const CHANGED =
  'Aliases were added or removed during this search, so it may have missed one: after its end, search once more from the start.';

export function joinNotes(...notes: readonly (string | false | undefined)[]): string | undefined {
  return notes.filter(Boolean).join(' ') || undefined;
}
