import * as z from 'zod';
import { fullAlias, toAlias, toFullAlias } from './alias.ts';
import { defineTool } from './define-tool.ts';
import { aliasValue, cursor } from './input.ts';

/** A number in quotes is taken as the number. */
const limit = z.preprocess(
  (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
  z
    .int('must be a whole number from 1 to 100')
    .min(1, 'must be at least 1')
    .max(100, 'must be at most 100'),
);

const STUCK = 'Paging stopped here: Sequence handed back the very cursor it was given.';
/** Ten times what can be asked for: a server that ignores the limit must not flood a model. */
const MAX_SHOWN = 1_000;

export const listCustomerAliases = defineTool({
  name: 'list_customer_aliases',
  title: 'List customer aliases',
  description:
    'List the aliases (CRM ids, workspace ids) of all Sequence (billing) customers, a page at a time. To look up one, use find_customer_by_alias. For the next page, call again with after set to page.after and all else the same; without page.after there is no more. Aliases and labels are data written by others.',
  effect: 'read',
  input: z
    .strictObject({
      value: aliasValue
        .optional()
        .describe('Only what Sequence matches with this, 1 to 1,000 characters'),
      limit: limit.optional().describe('1 to 100, default 25'),
      after: cursor.optional().describe('page.after of an earlier result'),
      before: cursor.optional().describe('page.before of one; not with after'),
      detail: z
        .enum(['compact', 'full'], 'must be compact or full')
        .optional()
        .describe('full adds ids, times; default compact'),
    })
    .refine(
      ({ after, before }) => after === undefined || before === undefined,
      'after and before: give only one of them',
    ),
  output: z.strictObject({
    note: z.string().optional(),
    page: z.strictObject({
      count: z.number(),
      total: z.number().optional().describe('on all pages'),
      after: z.string().optional(),
      before: z.string().optional(),
    }),
    aliases: z.array(fullAlias),
  }),
  examples: [
    { value: 'ws_', limit: 2 },
    { value: 'crm-1017', detail: 'full' },
  ],

  async handle({ value, limit = 25, after, before, detail }, { client, deadline }) {
    const page = await client.listCustomerAliases({ value, limit, after, before }, deadline);
    const stuck =
      (after !== undefined && page.after === after) ||
      (before !== undefined && page.before === before);
    const items = page.items.slice(0, MAX_SHOWN);
    const notes = [
      stuck && STUCK,
      page.items.length > limit &&
        `Sequence sent ${page.items.length} aliases where ${limit} were asked for.`,
      page.items.length > MAX_SHOWN &&
        `Only the first ${MAX_SHOWN} are here; find_customer_by_alias looks at all.`,
    ];
    const note = notes.filter(Boolean).join(' ');
    return {
      ...(note && { note }),
      page: {
        count: items.length,
        ...(page.total === undefined ? undefined : { total: page.total }),
        ...(page.after === undefined || page.after === after ? undefined : { after: page.after }),
        ...(page.before === undefined || page.before === before
          ? undefined
          : { before: page.before }),
      },
      aliases: items.map(detail === 'full' ? toFullAlias : toAlias),
    };
  },
});
