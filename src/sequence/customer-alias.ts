/** A customer alias. Times are ISO 8601 text. Reading a field that Sequence sent wrong throws an `unexpected_response`. */
export interface CustomerAlias {
  readonly id: string;
  readonly sequenceAccountId: string;
  readonly customerId: string;
  readonly value: string;
  readonly label: string | undefined;
  /** `deleted` also where it was archived before: that says more. */
  readonly status: 'active' | 'archived' | 'deleted';
  readonly createdAt: string;
  readonly archivedAt: string | undefined;
  readonly deletedAt: string | undefined;
}

/** One page, in Sequence's order. A cursor is there only when that page exists. */
export interface AliasPage {
  readonly items: readonly CustomerAlias[];
  readonly after: string | undefined;
  readonly before: string | undefined;
  /** Sequence's count; nobody documents whether of this query's aliases or of all in the account. */
  readonly total: number | undefined;
}
