// How stdio turns lines into messages, on streams of this process.
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { serveStdio } from '../src/stdio.ts';

const ping = (id: unknown, more: object = {}) => `${JSON.stringify({ jsonrpc: '2.0', id, method: 'ping', ...more })}\n`;
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const REFUSED = (id: unknown) => ({ jsonrpc: '2.0', id, error: { code: -32700, message: 'A message must be UTF-8.' } });
const ANSWERED = (id: unknown) => ({ jsonrpc: '2.0', id, result: {} });

/** Writes each chunk separately, then a last request. Returns the earlier responses and the log. */
async function serve(...pieces: (string | Buffer)[]) {
  const answers: { readonly id: unknown }[] = [];
  const logged: string[] = [];
  const stdin = new PassThrough();
  const stdout = new PassThrough().on('data', (line) => answers.push(JSON.parse(String(line))));
  const app = createApp(loadConfig({}), { runtime: 'test', fetch }, () => {});
  serveStdio(app, { stdin, stdout, exit: () => {} }, (level, text) => level !== 'debug' && logged.push(text));
  for (const piece of [...pieces, ping('last')]) {
    stdin.write(piece);
    await new Promise(setImmediate);
  }
  while (answers.at(-1)?.id !== 'last') await once(stdout, 'data');
  return { answers: answers.slice(0, -1), logged };
}

it.each([
  ['a byte order mark, a byte at a time', [latin1('\u00ef'), latin1('\u00bb'), latin1('\u00bf'), ping(1)]],
  [
    'a message in pieces, in the middle of a character',
    [...Buffer.from(ping(1, { params: { x: '€' } }))].map((byte) => Buffer.from([byte])),
  ],
  ['CRLF', [ping(1).replace('\n', '\r\n')]],
  ['empty lines and noise before it', ['\n\r\n \nnoise\n{"jsonrpc":"2.0","id":\n', ping(1)]],
])('reads %s', async (_, pieces) => {
  expect(await serve(...pieces)).toEqual({ answers: [ANSWERED(1)], logged: [] });
});

it('reads two messages and the start of a third in one chunk', async () => {
  const [begin, end] = [ping(3).slice(0, 9), ping(3).slice(9)];
  const { answers } = await serve(ping(1) + ping(2) + begin, end);
  expect(answers).toEqual([ANSWERED(1), ANSWERED(2), ANSWERED(3)]);
});

it('refuses a request with invalid UTF-8 by its id', async () => {
  const caf = { params: { x: 'café' } };
  const { answers } = await serve(latin1(ping(1, caf)), latin1(ping('b', caf)), ping(3, caf));
  expect(answers).toEqual([REFUSED(1), REFUSED('b'), ANSWERED(3)]);
});

it('drops invalid UTF-8 without an id', async () => {
  const { answers } = await serve(latin1('{"jsonrpc":"2.0","method":"é"}\n'), latin1('é\n'), Buffer.from([0xff, 0x0a]));
  expect(answers).toEqual([]);
});
