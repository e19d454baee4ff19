import * as z from 'zod';
import type { CustomerAlias } from '../sequence/customer-alias.ts';

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

export function toAlias({ value, customerId, label, status }: CustomerAlias): Alias {
  return {
    value,
    customerId,
    ...(label === undefined ? undefined : { label }),
    ...(status === 'active' ? undefined : { status }),
  };
}

export function toFullAlias(item: CustomerAlias): FullAlias {
  const { id, sequenceAccountId, createdAt, archivedAt, deletedAt } = item;
  return {
    ...toAlias(item),
    id,
    sequenceAccountId,
    createdAt,
    ...(archivedAt === undefined ? undefined : { archivedAt }),
    ...(deletedAt === undefined ? undefined : { deletedAt }),
  };
}
