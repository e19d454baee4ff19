import { beforeAll, describe, expect, test } from 'vitest';
import { measureTokens, type Tokens } from '../bench/tokens.ts';

/** The most tokens, and the largest share of Sequence's own JSON for the same rows. */
const BUDGETS: Record<string, { tokens: number; share?: number }> = {
  'tools/list, both tools': { tokens: 850 },
  find_customer_by_alias: { tokens: 410 },
  list_customer_aliases: { tokens: 450 },
  'page of 25': { tokens: 1_050, share: 0.4 },
  'page of 100': { tokens: 4_100, share: 0.4 },
  'found, median': { tokens: 40, share: 0.35 },
  inactive: { tokens: 55, share: 0.4 },
  ambiguous: { tokens: 95, share: 0.4 },
  // Sequence's empty page has no words; ours say what an empty page does not prove.
  not_found: { tokens: 25 },
  'not_found, with a near miss': { tokens: 40, share: 0.4 },
  unfinished: { tokens: 80, share: 0.001 },
};

describe('tokens that a model pays', () => {
  let figures: Record<string, Tokens>;
  beforeAll(async () => {
    figures = await measureTokens();
  });

  test('all have a budget', () => expect(Object.keys(figures)).toEqual(Object.keys(BUDGETS)));

  test.each(Object.entries(BUDGETS))('%s', (name, budget) => {
    const { tokens = Number.NaN, sequence = Number.NaN } = figures[name] ?? {};
    expect(tokens).toBeLessThanOrEqual(budget.tokens);
    if (budget.share !== undefined) expect(tokens / sequence).toBeLessThanOrEqual(budget.share);
  });
});
