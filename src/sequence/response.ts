import { isObject } from '../json.ts';
import { escapeInvisible, MAX_TEXT_LENGTH } from '../text.ts';
import { errorFromShape } from './errors.ts';

/** A row of `GET /customer-aliases`. Times are ISO 8601 text. */
export interface ApiAlias {
  readonly id: string;
  readonly sequenceAccountId: string;
  readonly customerId: string;
  readonly value: string;
  readonly createdAt: string;
  /** Sibling schemas of the API send `null` for absent. */
  readonly label?: string | null;
  readonly archivedAt?: string | null;
  readonly deletedAt?: string | null;
}

export type RowReader = ReturnType<typeof createRowReader>;

export interface Page<Row> {
  readonly rows: readonly Row[];
  /**
   * The cursor of the next or previous page, or `undefined`. A cursor that cannot be sent back
   * unchanged throws an `unexpected_response` only here: not every result needs a cursor.
   */
  cursor(direction: 'after' | 'before'): string | undefined;
  /** Sequence's count, of this query or of the whole account: that is not documented. */
  readonly total: number | undefined;
}

/** The longest accepted cursor; the documented example has 48 characters. */
const MAX_CURSOR_LENGTH = 4_096;

/** A page from a response's JSON. `read` checks only those fields of a row that it uses. */
export function toPage<Row>(json: unknown, read: (row: RowReader) => Row): Page<Row> {
  if (!isObject(json)) throw errorFromShape('');
  const { items, pagination } = json;
  if (!Array.isArray(items)) throw errorFromShape('items');
  if (!isObject(pagination)) throw errorFromShape('pagination');
  const total = pagination['totalResultSize'];
  return {
    rows: items.map((item: unknown, index) => read(createRowReader(item, `items[${index}]`))),
    cursor: (direction) => readCursor(pagination[direction], direction),
    total: Number.isSafeInteger(total) && Number(total) >= 0 ? Number(total) : undefined,
  };
}

/** Reads fields of one row. A missing or invalid field throws an `unexpected_response`. */
function createRowReader(row: unknown, path: string) {
  if (!isObject(row)) throw errorFromShape(path);
  const text = (field: keyof ApiAlias): string => {
    const value = row[field];
    if (typeof value !== 'string') throw errorFromShape(`${path}.${field}`);
    return value;
  };
  return {
    text,
    /** A string, or `undefined` if it is absent, `null` or empty. */
    optionalText: (field: keyof ApiAlias) => ((row[field] ?? '') === '' ? undefined : text(field)),
    /** Unchanged or refused, since an agent acts on it. */
    customerId(): string {
      const id = text('customerId');
      if (id !== '' && id.length <= MAX_TEXT_LENGTH && escapeInvisible(id) === id) return id;
      throw errorFromShape(`${path}.customerId`);
    },
    /** The row's own id, if it has one, to detect repeated rows. */
    id: () => (typeof row['id'] === 'string' ? row['id'] : undefined),
  };
}

function readCursor(value: unknown, direction: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && value.length <= MAX_CURSOR_LENGTH && value.isWellFormed()) {
    return value;
  }
  throw errorFromShape(`pagination.${direction}`);
}
