import * as z from 'zod';
import { NOBODYS_FAULT, SequenceError } from '../errors.ts';
import type { CustomerAlias } from '../sequence/schema.ts';
import { presentable } from '../text.ts';
import { alias, isActive, toAlias } from './alias.ts';
import { type Call, defineTool } from './define-tool.ts';
import { aliasValue, cursor } from './input.ts';
import { collectNearMisses } from './near-miss.ts';

/** Pages of one call. With a filter that works one is enough; without one, this bounds what a call may cost. */
const MAX_PAGES = 10;
const PAGE_SIZE = 100;
const MAX_MATCHES = 20;

const OWN_ALIAS = 'A Sequence customer ID is its own alias without being listed.';
const RESUMED = 'This covers the pages from the given cursor on; matches of the earlier calls still count.';
const UNFINISHED =
  'Not searched to the end, so this does not mean not found. Call again with the same alias and after set to page.after.';

export const findCustomerByAlias = defineTool({
  name: 'find_customer_by_alias',
  title: 'Find a customer by alias',
  description:
    'Find the Sequence (billing) customer behind one identifier of your own, such as a CRM or workspace id. The match is exact. Act only on the customerId of outcome found; inactive: only archived or deleted aliases match; ambiguous: several customers do; not_found: none does, similar has other spellings to ask about; unfinished: call again with after set to page.after. To browse aliases, use list_customer_aliases.',
  input: z.strictObject({
    alias: aliasValue.describe('The exact value, as given'),
    after: cursor.optional().describe('page.after of an unfinished search'),
  }),
  output: z.strictObject({
    outcome: z.enum(['found', 'inactive', 'ambiguous', 'not_found', 'unfinished']),
    customerId: z.string().optional(),
    matches: z.array(alias).optional(),
    similar: z.array(z.string()).optional(),
    page: z.strictObject({ after: z.string() }).optional(),
    note: z.string().optional(),
  }),

  async handle({ alias: wanted, after }, call) {
    const search = await searchPages(wanted, after, call);
    const customers = new Set(search.matches.filter(isActive).map(({ customerId }) => customerId));
    const [customerId] = customers;

    if (customerId !== undefined) {
      return customers.size === 1
        ? { outcome: 'found' as const, customerId, ...shownMatches(search.matches) }
        : { outcome: 'ambiguous' as const, ...shownMatches(search.matches) };
    }
    if (search.next !== undefined) {
      return {
        outcome: 'unfinished' as const,
        ...shownMatches(search.matches, UNFINISHED),
        page: { after: search.next },
      };
    }
    const resumed = after === undefined ? [] : [RESUMED];
    if (search.matches.length > 0) return { outcome: 'inactive' as const, ...shownMatches(search.matches, ...resumed) };
    return {
      outcome: 'not_found' as const,
      ...(search.similar.length > 0 ? { similar: search.similar.map(presentable) } : undefined),
      note: [OWN_ALIAS, ...resumed].join(' '),
    };
  },
});

interface Search {
  /** Every alias met that has exactly the wanted value. */
  readonly matches: readonly CustomerAlias[];
  readonly similar: readonly string[];
  /** Where to go on, if the last page was not reached. */
  readonly next: string | undefined;
}

/** Reads pages until one has an active match, which is decisive since aliases are globally unique, or none is left. */
async function searchPages(wanted: string, start: string | undefined, call: Call): Promise<Search> {
  const matches: CustomerAlias[] = [];
  const nearMisses = collectNearMisses(wanted);
  const seen = new Set([start]);
  let next = start;
  // An error forgets the matches so far, so the cursor that it names leads back to the first page that had one.
  let resumeAt = start;
  let met = 0;

  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await call.client
      .listCustomerAliases({ value: wanted, limit: PAGE_SIZE, after: next }, call.deadline)
      .catch((error: unknown) => {
        if (pages > 0 && error instanceof SequenceError && error.kind === 'timeout') return undefined;
        throw resumeAt === start ? error : resumable(error, resumeAt);
      });
    if (!page) return { matches, similar: [], next };

    for (const item of page.items) {
      if (item.value === wanted) matches.push(item);
      else nearMisses.add(item.value);
    }
    call.reportProgress(pages + 1);
    met += page.items.length;
    if (matches.some(isActive)) return { matches, similar: [], next: undefined };
    // An end that Sequence's own count contradicts, such as a cursor under another name, is no end.
    if (page.after === undefined && start === undefined && page.items.length > 0 && met < (page.total ?? 0)) {
      const counts = `Sequence counts ${page.total} aliases here but its pages end after ${met}`;
      throw new SequenceError('unexpected_response', `${counts}, so this is not the whole search.`, NOBODYS_FAULT);
    }
    if (page.after === undefined) return { matches, similar: nearMisses.list(), next: undefined };
    if (seen.has(page.after)) {
      throw new SequenceError('unexpected_response', 'The cursors from Sequence lead in a circle.', NOBODYS_FAULT);
    }
    seen.add(page.after);
    next = page.after;
    if (matches.length === 0) resumeAt = next;
  }
  return { matches, similar: [], next };
}

/** The same error, telling from where to go on; a cursor that was refused is no place to go on from. */
function resumable(error: unknown, cursor: string | undefined): unknown {
  if (!(error instanceof SequenceError) || error.kind === 'invalid_request') return error;
  return new SequenceError(
    error.kind,
    error.message,
    `The pages before were searched: to go on from there, call again with after: ${JSON.stringify(cursor)}.`,
  );
}

function shownMatches(
  matches: readonly CustomerAlias[],
  ...notes: string[]
): { matches?: z.infer<typeof alias>[]; note?: string } {
  const activeFirst = [...matches].sort((a, b) => Number(isActive(b)) - Number(isActive(a)));
  const hidden = matches.length - MAX_MATCHES;
  const all = hidden > 0 ? [...notes, `${hidden} more matches are not shown.`] : notes;
  return {
    ...(matches.length > 0 ? { matches: activeFirst.slice(0, MAX_MATCHES).map(toAlias) } : undefined),
    ...(all.length > 0 ? { note: all.join(' ') } : undefined),
  };
}
