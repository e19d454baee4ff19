import { CallError, TRY_ONCE_MORE } from '../errors.ts';
import type { AliasPage } from './customer-alias.ts';

/** A page, and the cursor of the next; nothing where this is the last. Broken cursors throw when they are asked for. */
export interface Step {
  readonly page: AliasPage;
  readonly next: () => string | undefined;
}

/**
 * Every page from a cursor on (from the first without one) up to the last. Throws an `unexpected_response` where a page leads
 * back to one that was asked for.
 */
export async function* pagesFrom(
  start: string | undefined,
  fetchPage: (after: string | undefined) => Promise<AliasPage>,
): AsyncGenerator<Step, void> {
  const asked = new Set<string | undefined>();
  for (let after = start; ; ) {
    asked.add(after);
    const page = await fetchPage(after);
    const asksAgain = () => page.after === after && page.items.length === 0;
    const next = () => (asksAgain() ? undefined : page.after);
    yield { page, next };
    after = next();
    if (after === undefined) return;
    if (asked.has(after)) {
      throw new CallError(
        'unexpected_response',
        'The cursors from Sequence lead in a circle.',
        TRY_ONCE_MORE,
      );
    }
  }
}
