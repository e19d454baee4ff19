import { MAX_TEXT_LENGTH, visible } from '../text.ts';
import type { AliasPage, CustomerAlias } from './customer-alias.ts';
import { errorOfShape } from './explain.ts';

/** A row of `GET /customer-aliases` as Sequence sends it; times are ISO 8601 text. Sibling schemas of the API send `null` for absent. */
export interface WireAlias {
  readonly id: string;
  readonly sequenceAccountId: string;
  readonly customerId: string;
  readonly value: string;
  readonly createdAt: string;
  readonly label?: string | null;
  readonly archivedAt?: string | null;
  readonly deletedAt?: string | null;
}

/** The longest cursor that travels; the documented example has 48 characters. */
const MAX_CURSOR_LENGTH = 4_096;

/** A page from the JSON of an answer. What it needs and does not find is an `unexpected_response` that names the field. */
export function toPage(json: unknown): AliasPage {
  if (!isRecord(json)) throw errorOfShape('');
  const { items, pagination } = json;
  if (!Array.isArray(items)) throw errorOfShape('items');
  if (!isRecord(pagination)) throw errorOfShape('pagination');
  const total = pagination['totalResultSize'];
  return {
    items: items.map((item: unknown, index) => new Row(item, index)),
    get after() {
      return cursorIn(pagination, 'after');
    },
    get before() {
      return cursorIn(pagination, 'before');
    },
    total: Number.isSafeInteger(total) && Number(total) >= 0 ? Number(total) : undefined,
  };
}

/** A row whose fields are checked when they are read, so that one which nobody needs may be anything. */
class Row implements CustomerAlias {
  readonly #fields: Record<string, unknown>;
  readonly #index: number;
  readonly value: string;

  constructor(item: unknown, index: number) {
    if (!isRecord(item)) throw errorOfShape(`items[${index}]`);
    this.#fields = item;
    this.#index = index;
    this.value = this.#text('value');
  }

  get id(): string {
    return this.#text('id');
  }

  get sequenceAccountId(): string {
    return this.#text('sequenceAccountId');
  }

  get customerId(): string {
    const id = this.#text('customerId');
    // An agent acts on it, so it is shown as it is or not at all.
    if (id === '' || id.length > MAX_TEXT_LENGTH || visible(id) !== id) {
      throw this.#wrong('customerId');
    }
    return id;
  }

  get label(): string | undefined {
    return this.#optionalText('label');
  }

  get status(): CustomerAlias['status'] {
    if (this.deletedAt) return 'deleted';
    return this.archivedAt ? 'archived' : 'active';
  }

  get createdAt(): string {
    return this.#text('createdAt');
  }

  get archivedAt(): string | undefined {
    return this.#optionalText('archivedAt');
  }

  get deletedAt(): string | undefined {
    return this.#optionalText('deletedAt');
  }

  #text(name: keyof WireAlias): string {
    const value = this.#fields[name];
    if (typeof value !== 'string') throw this.#wrong(name);
    return value;
  }

  #optionalText(name: keyof WireAlias): string | undefined {
    return this.#fields[name] === undefined || this.#fields[name] === null ? undefined : this.#text(name) || undefined;
  }

  #wrong(name: keyof WireAlias): Error {
    return errorOfShape(`items[${this.#index}].${name}`);
  }
}

/** An opaque cursor. One that could not travel back unchanged is refused here, before a model is told to use it. */
function cursorIn(pagination: Record<string, unknown>, name: 'after' | 'before'): string | undefined {
  const value = pagination[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && value.length <= MAX_CURSOR_LENGTH && value.isWellFormed()) return value;
  throw errorOfShape(`pagination.${name}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
