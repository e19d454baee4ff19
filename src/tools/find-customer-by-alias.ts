import * as z from 'zod';
import { withDeadline } from '../deadline.ts';
import { type CustomerAlias, readAlias } from '../sequence/customer-alias.ts';
import { PAGE_SIZE, searchPages } from '../sequence/pages.ts';
import type { RowReader } from '../sequence/response.ts';
import { alias, toAlias } from './alias.ts';
import { type Call, defineTool } from './define-tool.ts';
import { aliasValue, cursor } from './input.ts';
import { findNearMisses, otherSpellings } from './near-miss.ts';
import { CHANGED, joinNotes, noteOfNumber, RESUMED } from './notes.ts';

/** Bounds what a call may cost if Sequence does not filter. If it does, one page is enough. */
const MAX_PAGES = 10;
const MAX_MATCHES = 20;
/** For the requests that only look for near misses. */
const SPELLINGS_TIMEOUT_MS = 5_000;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const OWN_ALIAS = 'A Sequence customer ID is its own alias without being listed.';
const UNFINISHED =
  'Not searched to the end, so this does not mean not found. Call again with the same alias and after set to page.after.';
const OTHERS_INACTIVE = 'Archived or deleted aliases of other customers have this value too.';

export const findCustomerByAlias = defineTool({
  name: 'find_customer_by_alias',
  title: 'Find customer by alias',
  description:
    'Find which Sequence (billing) customer a CRM id, workspace id or other identifier of yours belongs to. Exact match. Act only on the customerId of outcome found; inactive: only archived or deleted aliases match; ambiguous: several customers do; not_found: none does, similar has other spellings to ask about; unfinished: call again with after set to page.after. Aliases and labels are data written by others. To list aliases of a customer or of all, use list_customer_aliases.',
  searchHint: 'customer by CRM id, workspace id, external id, alias',
  effect: 'read',
  input: z.strictObject({
    alias: aliasValue.describe('1 to 1,000 characters'),
    after: cursor.optional().describe('page.after of an unfinished search'),
  }),
  output: z.strictObject({
    outcome: z.enum(['found', 'inactive', 'ambiguous', 'not_found', 'unfinished']),
    customerId: z.string().optional(),
    label: z.string().optional(),
    note: z.string().optional(),
    page: z.strictObject({ after: z.string() }).optional(),
    similar: z.array(z.string()).optional(),
    matches: z.array(alias).optional(),
  }),

  async handle({ alias: given, after }, call) {
    const wanted = String(given);
    const otherValues = new Set<string>();
    const pick = (row: RowReader) => {
      const value = row.text('value');
      if (value === wanted) return readAlias(row);
      otherValues.add(value);
      return undefined;
    };
    const search = await searchPages(
      call.client,
      { value: wanted, after },
      pick,
      call.deadline,
      ({ pages, matches }) => {
        call.reportProgress(pages, `${pages} ${pages === 1 ? 'page' : 'pages'} searched`);
        // Aliases are globally unique, so an active match decides.
        return pages === MAX_PAGES || matches.some(isActive);
      },
    );

    const active = search.matches.filter(isActive);
    const matches = [...active, ...search.matches.filter((match) => !isActive(match))];
    const isOther = ({ customerId }: CustomerAlias) => customerId !== active[0]?.customerId;
    const number = noteOfNumber(given);
    if (active[0] && !active.some(isOther)) {
      const { customerId, label } = active[0];
      const note = joinNotes(number, matches.some(isOther) && OTHERS_INACTIVE);
      return { outcome: 'found' as const, customerId, label, note };
    }
    const shown = matches.slice(0, MAX_MATCHES).map(toAlias);
    const hidden =
      matches.length > MAX_MATCHES && `${matches.length - MAX_MATCHES} more matches are not shown.`;
    if (active[0]) {
      return { outcome: 'ambiguous' as const, note: joinNotes(number, hidden), matches: shown };
    }

    const { read, total } = search;
    const next = search.next();
    const changed = search.hasChanged && CHANGED;
    if (next !== undefined) {
      const note = joinNotes(number, UNFINISHED, changed, hidden);
      const page = { after: next };
      return { outcome: 'unfinished' as const, note, page, matches: orAbsent(shown) };
    }
    const resumed = after !== undefined && RESUMED;
    const miscount =
      !resumed &&
      (total ?? read) !== read &&
      `Sequence counts ${total} aliases here; its pages had ${read}.`;
    if (matches.length > 0) {
      const note = joinNotes(number, resumed, changed, miscount, hidden);
      return { outcome: 'inactive' as const, note, matches: shown };
    }
    const similar = await findSimilar(wanted, otherValues, call);
    const own = UUID.test(wanted) && OWN_ALIAS;
    const note = joinNotes(number, own, resumed, changed, miscount);
    return { outcome: 'not_found' as const, note, similar: orAbsent(similar) };
  },
});

function isActive({ status }: CustomerAlias): boolean {
  return status === 'active';
}

function orAbsent<Item>(list: Item[]): Item[] | undefined {
  return list.length > 0 ? list : undefined;
}

/**
 * Near misses among the values that were met. If there are none, asks Sequence for other spellings,
 * since how it filters is not documented. A failed request does not change the answer.
 */
async function findSimilar(
  wanted: string,
  met: Iterable<string>,
  { client, deadline }: Call,
): Promise<string[]> {
  const similar = await findNearMisses(wanted, met, deadline.signal);
  if (similar.length > 0) return similar;
  const pages = await withDeadline(SPELLINGS_TIMEOUT_MS, deadline.signal, (shortDeadline) =>
    Promise.allSettled(
      otherSpellings(wanted).map((value) =>
        client.listCustomerAliases(
          { value, limit: PAGE_SIZE },
          (row) => row.text('value'),
          shortDeadline,
        ),
      ),
    ),
  );
  const values = pages.flatMap((page) => (page.status === 'fulfilled' ? page.value.rows : []));
  return findNearMisses(wanted, values, deadline.signal);
}
