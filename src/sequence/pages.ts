import type { Deadline } from '../deadline.ts';
import { CallError, TRY_ONCE_MORE } from '../errors.ts';
import type { AliasQuery, SequenceClient } from './client.ts';
import type { Page, RowReader } from './response.ts';

export const PAGE_SIZE = 100;

export interface Search<Match> {
  readonly pages: number;
  /** Rows read. A row that is on two pages counts once. */
  readonly read: number;
  readonly matches: readonly Match[];
  /** Sequence's count, from the last page that had one. */
  readonly total: number | undefined;
  /** Whether that count differed between two pages: a row may have moved past the search. */
  readonly hasChanged: boolean;
  /** The next cursor. Throws only here if it is invalid: a decided search needs no cursor. */
  readonly next: () => string | undefined;
}

/**
 * Reads pages until the last one, or until `isEnough` is true after a page. After the first page a
 * deadline or a limit also ends the search, and an error names the cursor to continue with. `pick`
 * returns a wanted row, and `undefined` for any other.
 */
export async function searchPages<Match extends { readonly customerId: string }>(
  { client, deadline }: { readonly client: SequenceClient; readonly deadline: Deadline },
  { value, after: start }: Pick<AliasQuery, 'value' | 'after'>,
  pick: (row: RowReader) => Match | undefined,
  isEnough: (search: Search<Match>) => boolean,
): Promise<Search<Match>> {
  const readRow = (row: RowReader) => ({ id: row.id(), match: pick(row) });
  const asked = new Set<string | undefined>();
  const ids = new Set<string | undefined>();
  const matches = new Map<string, Match>();
  let search: Search<Match> | undefined;
  let next = start;
  // An error carries no matches, so its cursor is that of the first page with a match. Nor can
  // it report that the account changed, so after a change it restarts the search.
  let resumeAt = start;

  for (let pages = 1, read = 0, hasChanged = false; ; pages++) {
    const after = next;
    let page: Page<ReturnType<typeof readRow>>;
    try {
      const query = { value, limit: PAGE_SIZE, after };
      page = await client.listCustomerAliases(query, readRow, deadline);
    } catch (error) {
      if (!search || !(error instanceof CallError)) throw error;
      if (error.kind === 'timeout' || error.kind === 'rate_limited') return search;
      throw errorInSearch(error, resumeAt === start ? undefined : resumeAt);
    }

    asked.add(after);
    read += page.rows.filter(({ id }) => id === undefined || !ids.has(id)).length;
    for (const { id, match } of page.rows) {
      ids.add(id);
      if (match !== undefined) matches.set(JSON.stringify([id ?? match, match.customerId]), match);
    }
    const total = page.total ?? search?.total;
    hasChanged ||= search?.total !== undefined && total !== search.total;
    const nextOf = () => {
      const cursor = page.cursor('after');
      if (cursor === after && page.rows.length === 0) return undefined;
      if (!cursor || !asked.has(cursor)) return cursor;
      const happened = 'The cursors from Sequence lead in a circle.';
      throw new CallError('unexpected_response', happened, TRY_ONCE_MORE);
    };
    const picked = [...matches.values()];
    search = { pages, read, matches: picked, total, hasChanged, next: nextOf };
    if (isEnough(search)) return search;
    next = nextOf();
    if (next === undefined) return search;
    if (hasChanged) resumeAt = start;
    else if (matches.size === 0) resumeAt = next;
  }
}

/** The same error with advice for a search. The model sent at most one of its cursors. */
function errorInSearch(error: CallError, resumeAt: string | undefined): CallError {
  if (error.kind === 'invalid_request') {
    const advice = 'A cursor of its own was refused: search again from the start.';
    return new CallError(error.kind, error.happened, advice);
  }
  // Foreign text could pose as ours, so an error only names a cursor that looks like one.
  if (resumeAt === undefined || !/^[!-~]{1,500}$/.test(resumeAt)) return error;
  const advice = 'The pages before were searched: to go on from there, call again with after';
  return new CallError(error.kind, error.message, `${advice}: ${JSON.stringify(resumeAt)}.`);
}
