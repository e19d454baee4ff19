import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { at } from './support/programs.ts';

function runDemo(env: Record<string, string>): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) =>
    execFile(at('node_modules/.bin/bun'), [at('scripts/demo.ts')], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    ),
  );
}

/** Columns in a terminal: a wide East Asian character takes two. */
const widthOf = (line: string) =>
  [...line].length + (line.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}！-｠]/gu)?.length ?? 0);

it('runs to its end in 80 columns, without colour if stdout is no terminal', async () => {
  const { code, stdout, stderr } = await runDemo({ PATH: process.env['PATH'] ?? '' });

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.match(/^\d+\. |^ {5}"(?:outcome": "\w+|aliases)"|^ {3}invalid_request/gm)).toEqual([
    '1. ',
    ...['2. ', '     "aliases"'],
    ...['3. ', '     "aliases"'],
    ...['4. ', '     "outcome": "found"'],
    ...['5. ', '     "aliases"'],
    ...['6. ', '     "outcome": "found"'],
    ...['7. ', '     "outcome": "inactive"'],
    ...['8. ', '     "outcome": "not_found"'],
    ...['9. ', '     "outcome": "not_found"'],
    ...['10. ', '   invalid_request'],
  ]);
  expect(stdout).toContain('みなと 物流 5');
  expect(stdout).toMatch(/\nNext: .+\n$/);
  expect(stdout).not.toContain('\u001b');
  expect(stdout.split('\n').filter((line) => widthOf(line) > 80)).toEqual([]);
});

it('fails with a reason if it cannot start the server', async () => {
  const { code, stderr } = await runDemo({ PATH: at('test') });

  expect(code).toBe(1);
  expect(stderr).toMatch(/^\nThe demo failed: .*node/);
});
