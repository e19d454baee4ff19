import { expect, it } from 'vitest';
import { createLog, LOG_LEVELS } from '../src/log.ts';

it('writes the given level and more serious ones, one line each', () => {
  for (const [rank, wanted] of LOG_LEVELS.entries()) {
    const lines: string[] = [];
    const log = createLog(wanted, (line) => lines.push(line), String);
    for (const level of LOG_LEVELS) log(level, 'x');
    expect(lines).toEqual(LOG_LEVELS.slice(0, rank + 1).map((level) => `${level}: x\n`));
  }
});

it('lets no text forge a line or control a terminal', () => {
  const lines: string[] = [];
  createLog('error', (line) => lines.push(line), String)('error', 'a\nerror: forged\u001b[2J');
  expect(lines).toEqual(['error: a\\u{a}error: forged\\u{1b}[2J\n']);
});

it('redacts a message before it cuts it', () => {
  const lines: string[] = [];
  const redact = (text: string) => text.replace('the-secret', '[redacted]');
  createLog('error', (line) => lines.push(line), redact)('error', `${'x'.repeat(3_995)}the-secret`);
  expect(lines).toEqual([`error: ${'x'.repeat(3_995)}[reda\n`]);
});
