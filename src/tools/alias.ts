import * as z from 'zod';
import type { CustomerAlias, FullCustomerAlias } from '../sequence/customer-alias.ts';

const text = z.string();

/** A customer alias as a model sees it. An active one has no status. */
export const alias = z.strictObject({
  value: text,
  customerId: text,
  label: text.optional(),
  status: z.enum(['archived', 'deleted']).optional(),
});

/** With the fields that only `detail: "full"` adds. Times are ISO 8601 text. */
export const fullAlias = alias.extend({
  id: text.optional(),
  sequenceAccountId: text.optional(),
  createdAt: text.optional(),
  archivedAt: text.optional(),
  deletedAt: text.optional(),
});

/** Field by field, in the order of the schema. JSON leaves out what is `undefined`. */
export function toAlias(
  item: CustomerAlias & Partial<FullCustomerAlias>,
): z.infer<typeof fullAlias> {
  const { value, customerId, label, status } = item;
  const { id, sequenceAccountId, createdAt, archivedAt, deletedAt } = item;
  return {
    ...{ value, customerId, label, status: status === 'active' ? undefined : status },
    ...{ id, sequenceAccountId, createdAt, archivedAt, deletedAt },
  };
}
