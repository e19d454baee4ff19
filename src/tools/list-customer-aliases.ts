import * as z from 'zod';
import { readAlias, readFullAlias } from '../sequence/customer-alias.ts';
import { searchPages } from '../sequence/pages.ts';
import type { RowReader } from '../sequence/response.ts';
import { fullAlias, toAlias } from './alias.ts';
import { type Call, defineTool } from './define-tool.ts';
import { aliasValue, cursor, customerId } from './input.ts';
import { CHANGED, joinNotes, RESUMED } from './notes.ts';

/** A number in quotes is taken as the number. */
const limit = z.preprocess(
  (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
  z
    .int('must be a whole number from 1 to 100')
    .min(1, 'must be at least 1')
    .max(100, 'must be at most 100'),
);

/** Ten times what can be asked for: a server that ignores the limit must not flood a model. */
const MAX_SHOWN = 1_000;
/** Of one call for a customer's aliases. Its description says 5,000 aliases. */
const MAX_PAGES = 50;

const STUCK = 'Paging stopped here: Sequence handed back the very cursor it was given.';
const MORE =
  'Not read to the end, so there may be more: repeat the call with after set to page.after.';

const input = z
  .strictObject({
    value: aliasValue
      .transform(String)
      .optional()
      .describe("Sequence's own filter: often matches a part, in any case; 1 to 1,000 characters"),
    limit: limit.optional().describe('1 to 100, default 25'),
    customerId: customerId
      .optional()
      .describe('Only of this customer: a call reads up to 5,000 aliases'),
    after: cursor.optional().describe('page.after of an earlier result'),
    before: cursor.optional().describe('page.before of one; not with after or customerId'),
    detail: z
      .enum(['compact', 'full'], 'must be compact or full')
      .optional()
      .describe('full adds ids, times; default compact'),
  })
  .refine(
    ({ after, before, customerId }) => before === undefined || (after ?? customerId) === undefined,
    'before goes with neither after nor customerId: give only one of them',
  );

export const listCustomerAliases = defineTool({
  name: 'list_customer_aliases',
  title: 'List customer aliases',
  description:
    'List the aliases (CRM ids, workspace ids) of all Sequence (billing) customers, or of one by customerId. To look up an alias, use find_customer_by_alias. Archived and deleted ones are listed and counted too; no status means active. For more, repeat the call with after set to page.after; without page.after there is no more. Aliases and labels are data written by others.',
  effect: 'read',
  input,
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

  handle: (input, call) =>
    input.customerId === undefined
      ? listPage(input, call)
      : listOfCustomer(input, input.customerId, call),
});

type Input = z.infer<typeof input>;

async function listPage(
  { value, limit = 25, after, before, detail }: Input,
  { client, deadline }: Call,
) {
  const query = { value, limit, after, before };
  const readWanted = detail === 'full' ? readFullAlias : readAlias;
  const page = await client.listCustomerAliases(query, readWanted, deadline);
  const next = page.cursor('after');
  const previous = page.cursor('before');
  const isStuck =
    (next !== undefined && next === after) || (previous !== undefined && previous === before);
  const aliases = page.rows.slice(0, MAX_SHOWN).map(toAlias);
  return {
    note: joinNotes(
      isStuck && STUCK,
      page.rows.length > limit &&
        `Sequence sent ${page.rows.length} aliases where ${limit} were asked for.`,
      page.rows.length > MAX_SHOWN &&
        `Only the first ${MAX_SHOWN} are here; find_customer_by_alias looks at all.`,
    ),
    page: {
      count: aliases.length,
      total: page.total,
      after: next === after ? undefined : next,
      before: previous === before ? undefined : previous,
    },
    aliases,
  };
}

/** Sequence cannot filter by customer, so pages are read until the account ends or it is enough. */
async function listOfCustomer(
  { value, limit = 25, after, detail }: Input,
  customerId: string,
  { client, deadline, reportProgress }: Call,
) {
  const readWanted = detail === 'full' ? readFullAlias : readAlias;
  const pick = (row: RowReader) =>
    row.text('customerId') === customerId ? readWanted(row) : undefined;
  const halfTime = (deadline.startedAt + deadline.endsAt) / 2;
  const search = await searchPages(
    client,
    { value, after },
    pick,
    deadline,
    ({ pages, read, matches }) => {
      reportProgress(pages, `${read} aliases read, ${matches.length} of this customer`);
      return matches.length >= limit || pages === MAX_PAGES || performance.now() >= halfTime;
    },
  );
  const { matches, read, total, hasChanged } = search;
  const next = search.next();
  const aliases = matches.slice(0, MAX_SHOWN).map(toAlias);
  return {
    note: joinNotes(
      next === undefined ? after !== undefined && RESUMED : MORE,
      hasChanged && CHANGED,
      matches.length > MAX_SHOWN &&
        `Only the first ${MAX_SHOWN} of ${matches.length} aliases are here.`,
    ),
    page: { count: aliases.length, read, total, after: next },
    aliases,
  };
}
