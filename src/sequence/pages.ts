import { CallError, TRY_ONCE_MORE } from '../errors.ts';
import type { AliasPage } from './customer-alias.ts';

/**
 * Every page from a cursor on (from the first without one) up to the last, which has no `after`. Throws an
 * `unexpected_response` where a page leads back to one that was asked for.
 */
export async function* pagesFrom(
  start: string | undefined,
  fetchPage: (after: string | undefined) => Promise<AliasPage>,
): AsyncGenerator<AliasPage, void> {
  const asked = new Set([start]);
  for (let after = start; ; ) {
    const page = await fetchPage(after);
    if (page.after === undefined) return yield page;
    if (page.after === after && page.items.length === 0) return yield { ...page, after: undefined };
    yield page;
    if (asked.has(page.after)) {
      throw new CallError('unexpected_response', 'The cursors from Sequence lead in a circle.', TRY_ONCE_MORE);
    }
    asked.add(page.after);
    after = page.after;
  }
}
