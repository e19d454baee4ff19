import { expect, test } from 'vitest';
import { isMet } from '../bench/report.ts';
import { tokens } from '../bench/tokens.ts';

test('every result stays within its token budget', async () => {
  const measured: Record<string, number> = await tokens.measure();
  const over = Object.entries(tokens.figures).filter(([key, figure]) => !isMet(figure, measured[key] ?? Number.NaN));
  expect(over.map(([key, { name, atMost }]) => `${name}: ${measured[key]} > ${atMost}`)).toEqual([]);
});
