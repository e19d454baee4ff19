import type { RowReader } from './response.ts';

/** A customer alias. Times are ISO 8601 text. */
export interface CustomerAlias {
  readonly value: string;
  readonly customerId: string;
  readonly label: string | undefined;
  /** `deleted` also if it was archived before: that says more. */
  readonly status: 'active' | 'archived' | 'deleted';
}

/** With the fields that only a full listing shows. */
export interface FullCustomerAlias extends CustomerAlias {
  readonly id: string;
  readonly sequenceAccountId: string;
  readonly createdAt: string;
  readonly archivedAt: string | undefined;
  readonly deletedAt: string | undefined;
}

export function readAlias(row: RowReader): CustomerAlias {
  const isDeleted = row.optionalText('deletedAt') !== undefined;
  const isArchived = row.optionalText('archivedAt') !== undefined;
  return {
    value: row.text('value'),
    customerId: row.customerId(),
    label: row.optionalText('label'),
    status: isDeleted ? 'deleted' : isArchived ? 'archived' : 'active',
  };
}

export function readFullAlias(row: RowReader): FullCustomerAlias {
  return {
    ...readAlias(row),
    id: row.text('id'),
    sequenceAccountId: row.text('sequenceAccountId'),
    createdAt: row.text('createdAt'),
    archivedAt: row.optionalText('archivedAt'),
    deletedAt: row.optionalText('deletedAt'),
  };
}
