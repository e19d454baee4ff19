import { afterEach, expect, it, vi } from 'vitest';
import { findNearMisses, otherSpellings } from '../../src/tools/near-miss.ts';

afterEach(() => vi.restoreAllMocks());

const { signal } = new AbortController();
/** Marks that Unicode normalisation reorders, in quadratic time. */
const marks = (count: number) => '\u0301\u0316'.repeat(count / 2);

it('never sorts a long row of marks, and finds no near miss for such text', async () => {
  const normalize = vi.spyOn(String.prototype, 'normalize');
  const wanted = `a${marks(990)}`;
  for (const asked of [wanted, 'abc']) {
    const values = [`b${marks(3_990)}`, `abc${marks(40)}`, `${wanted} `];
    expect(await findNearMisses(asked, values, signal)).toEqual([]);
  }
  expect(otherSpellings(`${wanted} `)).toEqual([]);
  for (const text of normalize.mock.contexts) expect(text).not.toMatch(/\p{M}{31}/u);
});

it('still folds common text with marks', async () => {
  const value = 'Vie\u0323\u0302t'.toUpperCase();
  expect(await findNearMisses('Việt', [value], signal)).toEqual([value]);
});

it('stops comparing when the signal aborts', async () => {
  expect(await findNearMisses('a', ['A'], AbortSignal.abort())).toEqual([]);
});

it.each([
  ['crm-1', ['CRM-1']],
  ['CRM-1', ['crm-1']],
  [' Crm-1\t', ['Crm-1', 'crm-1', 'CRM-1']],
  ['\u00a0crm-1\u3000', ['crm-1', 'CRM-1']],
  ['crm\u200b-1\ufeff', ['crm-1', 'CRM-1']],
  ['crm–1', ['crm-1', 'CRM-1']],
  ['crm\u20111', ['crm-1', 'CRM-1']],
  ['−1', ['-1']],
  ['ｃｒｍ-1', ['crm-1', 'CRM-1']],
  ['cafe\u0301', ['café', 'CAFÉ']],
  ['a\u00a0b', ['a b', 'A B']],
  ['1042', []],
  ['\u200b ', []],
])('spells %j in other ways: %j', (wanted, spellings) => expect(otherSpellings(wanted)).toEqual(spellings));
