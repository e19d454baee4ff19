import * as z from 'zod';
import type { CustomerAlias } from '../sequence/schema.ts';
import { presentable } from '../text.ts';

const text = z.string();

/** A customer alias as a model sees it. Empty fields are left out, and an active alias has no status. */
export const alias = z.strictObject({
  value: text,
  customerId: text,
  label: text.optional(),
  status: z.enum(['archived', 'deleted']).optional().describe('absent: active'),
});

/** The same with the fields that only `detail: "full"` adds. Times are ISO 8601 text. */
export const fullAlias = alias.extend({
  id: text.optional(),
  sequenceAccountId: text.optional(),
  createdAt: text.optional(),
  archivedAt: text.optional(),
  deletedAt: text.optional(),
});

export type Alias = z.infer<typeof alias>;
export type FullAlias = z.infer<typeof fullAlias>;

/** An alias may be both archived and deleted; deleted says more. */
export function isActive(item: CustomerAlias): boolean {
  return !item.archivedAt && !item.deletedAt;
}

/** Sequence's item as a compact alias. */
export function toAlias(item: CustomerAlias): Alias {
  return {
    value: presentable(item.value),
    customerId: item.customerId,
    ...(item.label ? { label: presentable(item.label) } : undefined),
    ...(isActive(item) ? undefined : { status: item.deletedAt ? 'deleted' : 'archived' }),
  };
}

/** Sequence's item with all of its fields. */
export function toFullAlias(item: CustomerAlias): FullAlias {
  return {
    ...toAlias(item),
    id: presentable(item.id),
    sequenceAccountId: presentable(item.sequenceAccountId),
    createdAt: presentable(item.createdAt),
    ...(item.archivedAt ? { archivedAt: presentable(item.archivedAt) } : undefined),
    ...(item.deletedAt ? { deletedAt: presentable(item.deletedAt) } : undefined),
  };
}
