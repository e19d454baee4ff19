import type { ApiAlias } from '../sequence/response.ts';

const API_VERSION = '2024-07-30';

/**
 * Sequence's `GET /customer-aliases` in memory, as its OpenAPI document describes it, for aliases
 * sorted by id. It accepts any Basic credentials. `matches` is the filter by value, which Sequence
 * does not document. A cursor is the Base64 of the id of the alias next to its page, as in the
 * document's example, so a page stays right while aliases are added and removed.
 */
export function createSequenceApi(
  aliases: readonly ApiAlias[],
  matches = (value: string, wanted: string) => value === wanted,
): (request: Request) => Response {
  return ({ url, headers }) => {
    const { pathname, searchParams: query } = new URL(url);
    if (!pathname.endsWith('/customer-aliases')) return new Response(null, { status: 404 });
    const isSignedIn = /^Basic \S+$/.test(headers.get('authorization') ?? '');
    if (!isSignedIn) return new Response(null, { status: 401 });
    const version = headers.get('sequence-version') ?? API_VERSION;
    if (version !== API_VERSION) return badRequest('UnrecognisedApiVersion');
    const limit = Number(query.get('limit') ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 100) return badRequest('InvalidLimit');
    const after = readCursor(query.get('after'));
    const before = readCursor(query.get('before'));
    if (after === null || before === null || (after && before)) return badRequest('InvalidCursor');

    const wanted = query.get('value');
    const rows = wanted === null ? aliases : aliases.filter(({ value }) => matches(value, wanted));
    const end = before
      ? rows.filter(({ id }) => id < before).length
      : rows.filter(({ id }) => id <= after).length + limit;
    const start = Math.max(0, end - limit);
    const items = rows.slice(start, end);
    const pagination = {
      after: end < rows.length ? cursorOf(items.at(-1)) : undefined,
      before: start > 0 ? cursorOf(items[0]) : undefined,
      totalResultSize: rows.length,
    };
    return Response.json({ items, pagination }, { headers: { 'sequence-version': API_VERSION } });
  };
}

const cursorOf = (alias: ApiAlias | undefined) => alias && btoa(alias.id);

/** The id in a cursor, `''` without a cursor, or `null` for an invalid one. */
function readCursor(cursor: string | null): string | null {
  if (cursor === null) return '';
  const id = /^[A-Za-z\d+/]{48}$/.test(cursor) ? atob(cursor) : '';
  return /^[\da-f-]{36}$/.test(id) ? id : null;
}

function badRequest(type: string): Response {
  return Response.json({ error: { type, message: type } }, { status: 400 });
}
