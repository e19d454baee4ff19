import { expect, test } from 'vitest';
import { isMet } from '../bench/report.ts';
import { tokens } from '../bench/tokens.ts';

test('a model pays no more tokens for any answer than its budget', async () => {
  const measured: Record<string, number> = await tokens.measure();
  const over = Object.entries(tokens.figures).filter(([key, figure]) => !isMet(figure, measured[key] ?? Number.NaN));
  expect(over.map(([key, { name, atMost }]) => `${name}: ${measured[key]} > ${atMost}`)).toEqual([]);
});
