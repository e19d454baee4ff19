import * as z from 'zod';
import { withDeadline } from '../deadline.ts';
import { PAGE_SIZE, searchPages } from '../sequence/pages.ts';
import type { RowReader } from '../sequence/response.ts';
import { type Call, defineTool } from './define-tool.ts';
import { aliasValue, cursor } from './input.ts';
import { findNearMisses, otherSpellings } from './near-miss.ts';
import {
  type Alias,
  alias,
  CHANGED,
  joinNotes,
  optionalText,
  RESUMED,
  readAlias,
} from './output.ts';

/** Limits a call's cost if Sequence does not filter. If it does, one page is enough. */
const MAX_PAGES = 10;
const MAX_MATCHES = 20;
/** Time limit of requests for near misses. */
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
    after: cursor.describe('page.after of an unfinished search'),
  }),
  output: z.strictObject({
    outcome: z.enum(['found', 'inactive', 'ambiguous', 'not_found', 'unfinished']),
    customerId: optionalText,
    label: optionalText,
    note: optionalText,
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
    const search = await searchPages(call, { value: wanted, after }, pick, ({ pages, matches }) => {
      call.reportProgress(pages, `${pages} ${pages === 1 ? 'page' : 'pages'} searched`);
      // Aliases are globally unique, so an active match decides.
      return pages === MAX_PAGES || matches.some(isActive);
    });

    let { matches: found } = search;
    // Only an undecided search reads the cursor, which may be invalid.
    const next = found.some(isActive) ? undefined : search.next();
    const findSimilar = () => findNearMisses(wanted, otherValues, call.deadline.signal);
    let similar = found.length > 0 || next !== undefined ? undefined : await findSimilar();
    if (similar?.length === 0) {
      // Sequence's filter may find the exact value only under another spelling.
      otherValues.clear();
      found = await readOtherSpellings(wanted, pick, call);
      similar = found.length > 0 ? undefined : await findSimilar();
    }

    const number =
      typeof given === 'number' && `A number was given, so the text "${wanted}" was searched.`;
    const { read, total, hasChanged } = search;
    const active = found.filter(isActive);
    const matches = [...active, ...found.filter((match) => !isActive(match))];
    const [first] = active;
    const others = matches.filter(({ customerId }) => customerId !== first?.customerId);
    if (first && !others.some(isActive)) {
      const { customerId, label } = first;
      const note = joinNotes(number, others.length > 0 && OTHERS_INACTIVE);
      return { outcome: 'found', customerId, label, note } as const;
    }

    const end = matches.length > 0 ? 'inactive' : 'not_found';
    const outcome = first ? 'ambiguous' : next === undefined ? end : 'unfinished';
    const isAtEnd = outcome === end;
    const isMiscounted = isAtEnd && after === undefined && (total ?? read) !== read;
    const hidden = matches.length - MAX_MATCHES;
    return {
      outcome,
      note: joinNotes(
        number,
        outcome === 'not_found' && UUID.test(wanted) && OWN_ALIAS,
        outcome === 'unfinished' && UNFINISHED,
        isAtEnd && after !== undefined && RESUMED,
        !first && hasChanged && CHANGED,
        isMiscounted && `Sequence counts ${total} aliases here; its pages had ${read}.`,
        hidden > 0 && `${hidden} more matches are not shown.`,
      ),
      page: next === undefined ? undefined : { after: next },
      similar: similar?.length ? similar : undefined,
      matches: matches.length > 0 ? matches.slice(0, MAX_MATCHES) : undefined,
    } as const;
  },
});

const isActive = ({ status }: Alias) => status === undefined;

/** Reads the rows of other spellings. A failed request changes no answer. */
async function readOtherSpellings(
  wanted: string,
  pick: (row: RowReader) => Alias | undefined,
  { client, deadline: { signal } }: Call,
): Promise<Alias[]> {
  const pages = await withDeadline(SPELLINGS_TIMEOUT_MS, signal, (deadline) => {
    const ask = (value: string) =>
      client.listCustomerAliases({ value, limit: PAGE_SIZE }, pick, deadline);
    return Promise.allSettled(otherSpellings(wanted).map(ask));
  });
  const rows = pages.flatMap((page) => (page.status === 'fulfilled' ? page.value.rows : []));
  const matches = rows.filter((row) => row !== undefined);
  return [...new Map(matches.map((match) => [JSON.stringify(match), match])).values()];
}
