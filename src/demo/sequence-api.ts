import type { ApiAlias } from '../sequence/response.ts';

const API_VERSION = '2024-07-30';

export interface SequenceApiOptions {
  /** Sorted by `id`. */
  readonly aliases: readonly ApiAlias[];
  /** Which values `wanted` narrows to, which Sequence does not document. Equal ones by default. */
  readonly filter?: (value: string, wanted: string) => boolean;
}

/**
 * Sequence's `GET /customer-aliases` in memory, as its OpenAPI document describes it. Any Basic
 * credentials are right. A cursor is the Base64 of the id of the alias next to which its page lies,
 * as in the document's example, so a page stays right while aliases come and go.
 */
export function createSequenceApi({
  aliases,
  filter = (value, wanted) => value === wanted,
}: SequenceApiOptions): (request: Request) => Response {
  return ({ url, method, headers }) => {
    const { pathname, searchParams } = new URL(url);
    if (!pathname.endsWith('/customer-aliases')) return new Response(null, { status: 404 });
    if (method !== 'GET') return new Response(null, { status: 405 });
    if (!/^Basic \S+$/.test(headers.get('authorization') ?? '')) {
      return new Response(null, { status: 401 });
    }
    if ((headers.get('sequence-version') ?? API_VERSION) !== API_VERSION) {
      return badRequest('UnrecognisedApiVersion');
    }
    const limit = Number(searchParams.get('limit') ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 100) return badRequest('InvalidLimit');
    const after = decodeCursor(searchParams.get('after'));
    const before = decodeCursor(searchParams.get('before'));
    if (after === null || before === null || (after && before)) return badRequest('InvalidCursor');

    const wanted = searchParams.get('value');
    const rows = wanted === null ? aliases : aliases.filter(({ value }) => filter(value, wanted));
    const countUntil = (isBefore: (id: string) => boolean) => {
      const index = rows.findIndex(({ id }) => !isBefore(id));
      return index === -1 ? rows.length : index;
    };
    const end = before
      ? countUntil((id) => id < before)
      : (after ? countUntil((id) => id <= after) : 0) + limit;
    const start = Math.max(0, end - limit);
    const items = rows.slice(start, end);
    const pagination = {
      after: end < rows.length ? encodeCursor(items.at(-1)) : undefined,
      before: start > 0 ? encodeCursor(items[0]) : undefined,
      totalResultSize: rows.length,
    };
    return Response.json({ items, pagination }, { headers: { 'sequence-version': API_VERSION } });
  };
}

function encodeCursor(alias: ApiAlias | undefined): string | undefined {
  return alias && btoa(alias.id);
}

/** The id in a cursor, or `undefined` without a cursor, or `null` for one that is not ours. */
function decodeCursor(cursor: string | null): string | null | undefined {
  if (cursor === null) return undefined;
  try {
    const id = atob(cursor);
    return /^[0-9a-f-]{36}$/.test(id) ? id : null;
  } catch {
    return null;
  }
}

function badRequest(type: string): Response {
  return Response.json({ error: { type, message: type } }, { status: 400 });
}
