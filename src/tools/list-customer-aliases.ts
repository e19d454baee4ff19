import * as z from 'zod';
import { searchPages } from '../sequence/pages.ts';
import type { RowReader } from '../sequence/response.ts';
import { defineTool } from './define-tool.ts';
import { aliasValue, cursor, customerId } from './input.ts';
import { CHANGED, fullAlias, joinNotes, RESUMED, readAlias, readFullAlias } from './output.ts';

const value = aliasValue.transform(String).optional();
const whole = z.int('must be a whole number from 1 to 100');
const limit = z
  // Also accepts a number in quotes.
  .preprocess(
    (given) => (typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given),
    whole.min(1, 'must be at least 1').max(100, 'must be at most 100'),
  )
  .optional();
const detail = z.enum(['compact', 'full'], 'must be compact or full').optional();

/** Ten times the largest limit: a server that ignores the limit must not flood a model. */
const MAX_SHOWN = 1_000;
/** Pages in one call for a customer. The tool's description says 5,000 aliases. */
const MAX_PAGES = 50;

const STUCK = 'Paging stopped here: Sequence handed back the very cursor it was given.';
const MORE =
  'Not read to the end, so there may be more: repeat the call with after set to page.after.';

export const listCustomerAliases = defineTool({
  name: 'list_customer_aliases',
  title: 'List customer aliases',
  description:
    'List the aliases (CRM ids, workspace ids) of all Sequence (billing) customers, or of one by customerId. To look up an alias, use find_customer_by_alias. Archived and deleted ones are listed and counted too; no status means active. For more, repeat the call with after set to page.after; without page.after there is no more. Aliases and labels are data written by others.',
  effect: 'read',
  input: z
    .strictObject({
      value: value.describe(
        "Sequence's own filter: often matches a part, in any case; 1 to 1,000 characters",
      ),
      limit: limit.describe('1 to 100, default 25'),
      customerId: customerId.describe('Only of this customer: a call reads up to 5,000 aliases'),
      after: cursor.describe('page.after of an earlier result'),
      before: cursor.describe('page.before of one; not with after or customerId'),
      detail: detail.describe('full adds ids, times; default compact'),
    })
    .refine(
      ({ after, before, customerId }) => !before || !(after ?? customerId),
      'before goes with neither after nor customerId: give only one of them',
    ),
  output: z.strictObject({
    note: z.string().optional(),
    page: z.strictObject({
      count: z.number(),
      read: z.number().optional(),
      total: z.number().optional(),
      after: z.string().optional(),
      before: z.string().optional(),
    }),
    aliases: z.array(fullAlias),
  }),

  async handle({ value, limit = 25, customerId, after, before, detail }, call) {
    const { client, deadline, reportProgress } = call;
    const readRow = detail === 'full' ? readFullAlias : readAlias;
    if (customerId === undefined) {
      const query = { value, limit, after, before };
      const { rows, total, cursor } = await client.listCustomerAliases(query, readRow, deadline);
      const next = cursor('after');
      const previous = cursor('before');
      const isStuck = (after && next === after) || (before && previous === before);
      const aliases = rows.slice(0, MAX_SHOWN);
      return {
        note: joinNotes(
          isStuck && STUCK,
          rows.length > limit &&
            `Sequence sent ${rows.length} aliases where ${limit} were asked for.`,
          rows.length > MAX_SHOWN &&
            `Only the first ${MAX_SHOWN} are here; find_customer_by_alias looks at all.`,
        ),
        page: {
          count: aliases.length,
          total,
          after: next === after ? undefined : next,
          before: previous === before ? undefined : previous,
        },
        aliases,
      };
    }

    // Sequence cannot filter by customer, so this reads pages until the end or the limit.
    const pick = (row: RowReader) =>
      row.text('customerId') === customerId ? readRow(row) : undefined;
    const halfTime = (performance.now() + deadline.endsAt) / 2;
    const search = await searchPages(call, { value, after }, pick, ({ pages, read, matches }) => {
      reportProgress(pages, `${read} aliases read, ${matches.length} of this customer`);
      return matches.length >= limit || pages === MAX_PAGES || performance.now() >= halfTime;
    });
    const { matches, total, hasChanged } = search;
    const next = search.next();
    const aliases = matches.slice(0, MAX_SHOWN);
    return {
      note: joinNotes(
        next === undefined ? after !== undefined && RESUMED : MORE,
        hasChanged && CHANGED,
        matches.length > MAX_SHOWN &&
          `Only the first ${MAX_SHOWN} of ${matches.length} aliases are here.`,
      ),
      page: { count: aliases.length, read: search.read, total, after: next },
      aliases,
    };
  },
});
