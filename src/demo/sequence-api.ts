import type { ApiAlias } from '../sequence/response.ts';

const API_VERSION = '2024-07-30';
const DEFAULT_LIMIT = 20;

/** What `value` narrows to. Sequence does not document which; all but `exact` ignore case. */
export type ValueFilter = keyof typeof FILTERS;
const FILTERS = {
  exact: (value: string, wanted: string) => value === wanted,
  'case-insensitive': (value: string, wanted: string) => fold(value) === fold(wanted),
  prefix: (value: string, wanted: string) => fold(value).startsWith(fold(wanted)),
  substring: (value: string, wanted: string) => fold(value).includes(fold(wanted)),
  ignored: () => true,
};
const fold = (text: string) => text.toLowerCase();

export interface SequenceApiOptions {
  /** Sorted by `id`. */
  readonly aliases: readonly ApiAlias[];
  readonly filter?: ValueFilter;
  /** How a field without a value is sent; Sequence's own documents disagree. */
  readonly emptyFields?: 'absent' | 'null';
}

/**
 * Sequence's `GET /customer-aliases` in memory, as its OpenAPI document describes it. Any Basic
 * credentials are right. A cursor is the Base64 of the id of the alias next to which its page lies, as
 * in the document's example.
 */
export function createSequenceApi({
  aliases,
  filter = 'exact',
  emptyFields = 'absent',
}: SequenceApiOptions): (request: Request) => Response {
  const optional = (fields: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(fields)
        .map(([key, value]) => [key, value ?? (emptyFields === 'null' ? null : undefined)])
        .filter(([, value]) => value !== undefined),
    );

  return (request) => {
    const url = new URL(request.url);
    if (!url.pathname.endsWith('/customer-aliases')) return empty(404);
    if (request.method !== 'GET') return empty(405);
    if (!/^Basic \S+$/.test(request.headers.get('authorization') ?? '')) return empty(401);
    if ((request.headers.get('sequence-version') ?? API_VERSION) !== API_VERSION) {
      return badRequest('UnrecognisedApiVersion', 'Unrecognised API version');
    }

    const limitText = url.searchParams.get('limit');
    const limit = limitText === null ? DEFAULT_LIMIT : Number(limitText);
    if (!Number.isInteger(limit) || limit < 1 || limit > 100)
      return badRequest('InvalidLimit', 'Invalid limit');
    const after = decodeCursor(url.searchParams.get('after'));
    const before = decodeCursor(url.searchParams.get('before'));
    if (after === null || before === null || (after && before))
      return badRequest('InvalidCursor', 'Invalid cursor');

    const value = url.searchParams.get('value');
    const rows =
      value === null ? aliases : aliases.filter((alias) => FILTERS[filter](alias.value, value));
    // Cursors name a place between ids, so a page stays right while aliases come and go.
    const start = after
      ? countUntil(rows, (id) => id <= after)
      : before
        ? Math.max(0, countUntil(rows, (id) => id < before) - limit)
        : 0;
    const end = before
      ? countUntil(rows, (id) => id < before)
      : Math.min(rows.length, start + limit);
    const page = rows.slice(start, end);

    return Response.json(
      {
        items: page.map(({ label, archivedAt, deletedAt, ...item }) => ({
          ...item,
          ...optional({ label, archivedAt, deletedAt }),
        })),
        pagination: {
          ...optional({
            after: end < rows.length ? encodeCursor(page.at(-1)?.id) : undefined,
            before: start > 0 ? encodeCursor(page[0]?.id) : undefined,
          }),
          totalResultSize: rows.length,
        },
      },
      { headers: { 'sequence-version': API_VERSION } },
    );
  };
}

/** How many rows hold `condition`, which only the first ones do, since they are sorted. */
function countUntil(rows: readonly ApiAlias[], condition: (id: string) => boolean): number {
  const index = rows.findIndex(({ id }) => !condition(id));
  return index === -1 ? rows.length : index;
}

function encodeCursor(id: string | undefined): string | undefined {
  return id === undefined ? undefined : btoa(id);
}

/** The id in a cursor; `undefined` without a cursor, `null` for one that is not ours. */
function decodeCursor(cursor: string | null): string | null | undefined {
  if (cursor === null) return undefined;
  try {
    const id = atob(cursor);
    return /^[0-9a-f-]{36}$/.test(id) ? id : null;
  } catch {
    return null;
  }
}

function badRequest(type: string, message: string): Response {
  return Response.json({ error: { type, message } }, { status: 400 });
}

function empty(status: number): Response {
  return new Response(null, { status });
}
