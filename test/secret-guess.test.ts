// An attacker who knows a prefix of the key tries to extend it: right and wrong guesses must look the same.
import { expect, it } from 'vitest';
import { connect, connectToEndpoint, type TestClient } from './support/clients.ts';
import { TOKEN, TOKENS } from './support/http-cases.ts';
import { startHttp } from './support/http-server.ts';
import { node } from './support/programs.ts';
import { startUpstream } from './support/upstream.ts';
import { startLocalWorker } from './support/worker.ts';

const CLIENT_ID = 'id-7f3a9c';
const SECRET = 'sk_live_9fQ2Zx7+W81%b/Q=tail';

/** The whole forms in which the key may occur. */
const FORMS = [
  SECRET,
  `${CLIENT_ID}:${SECRET}`,
  encodeURIComponent(SECRET),
  Buffer.from(SECRET).toString('hex'),
  Buffer.from(SECRET).toString('base64'),
  Buffer.from(`${CLIENT_ID}:${SECRET}`).toString('base64'),
];

/** A prefix of each form and one more character: the right one, or another of its kind. */
const guesses = (forms: readonly string[], isRight: boolean): string[] =>
  forms.flatMap((form) =>
    [4, 20].map((known) => {
      const next = form[known] ?? '';
      return form.slice(0, known) + (isRight ? next : otherOf(next));
    }),
  );

/** Another character of the same kind, since a search behaves differently for case and digits in any text. */
function otherOf(character: string): string {
  const kind = ['07', 'ae', 'AE', '~_'].find((pair) => KINDS[pair]?.test(character)) ?? '~_';
  const [one = '', other = ''] = kind;
  return character === one ? other : one;
}
const KINDS: Record<string, RegExp> = { '07': /\d/, ae: /[a-z]/, AE: /[A-Z]/ };

/** Contexts of a guess: alone, before a fake cut mark, and before a real cut. */
const disguises = (guess: string) => [guess, `${guess}… [cut: 9 characters in all]`, padded(guess)];
const padded = (guess: string) => `${'-'.repeat(1_000 - guess.length)}${guess}${'-'.repeat(40)}`;

const item = (fields: object) => ({
  ...{ id: 'i', sequenceAccountId: 's', customerId: 'c', value: 'v', createdAt: 't' },
  ...fields,
});
const page = (fields: object, pagination = {}) => ({ items: [item(fields)], pagination });

/** All fields that an author of aliases, or a server in place of Sequence, can write. */
const echoes = (text: string): object[] => [
  page({ value: text, label: text, id: text, sequenceAccountId: text, createdAt: text, deletedAt: text }),
  page({ customerId: text }),
  page({}, { after: text }),
  page({}, { before: text }),
  { error: { type: text, message: text } },
  { error: { type: text.replace(/[^A-Za-z0-9_]/g, '') } },
];

/** All fields that a caller can write. Arguments need not be valid. */
const calls = (text: string): [string, Record<string, unknown>][] => [
  ['find_customer_by_alias', { alias: text }],
  ['find_customer_by_alias', { alias: 'x', after: text }],
  ['find_customer_by_alias', { alias: 'x', [text]: 1 }],
  ['list_customer_aliases', { value: text, limit: text, detail: text }],
  ['list_customer_aliases', { after: text, before: text }],
];

const TRANSPORTS: Record<string, (env: Record<string, string>) => Promise<Connection>> = {
  stdio: async (env) => {
    const client = await connect(node, { env });
    return { client, log: client.stderr, close: () => client[Symbol.asyncDispose]() };
  },
  HTTP: async (env) => {
    const server = await startHttp(node, { env: { ...env, SEQUENCE_MCP_TOKENS: TOKENS } });
    const client = await connectToEndpoint(server.url, { token: TOKEN });
    return {
      client,
      log: server.stderr,
      close: async () => {
        await client[Symbol.asyncDispose]();
        server.kill('SIGTERM');
        await server.ended;
      },
    };
  },
  workerd: async (env) => {
    const worker = await startLocalWorker(env['SEQUENCE_API_URL'] ?? '', env);
    const client = await connectToEndpoint(worker.url, { token: TOKEN });
    return {
      client,
      log: () => worker.log.join('\n'),
      close: async () => {
        await client[Symbol.asyncDispose]();
        await worker[Symbol.asyncDispose]();
      },
    };
  },
};

interface Connection {
  readonly client: TestClient;
  readonly log: () => string;
  readonly close: () => PromiseLike<void>;
}

/** The output for all guesses, with each guess replaced by its length. */
async function learn(open: (typeof TRANSPORTS)[string], guessed: readonly string[]): Promise<string[]> {
  const bodies = guessed.flatMap((guess) => disguises(guess).flatMap(echoes));
  await using upstream = await startUpstream((request, response) => {
    const value = new URL(request.url ?? '/', 'http://upstream').searchParams.get('value') ?? '';
    const body = /^echo:\d+$/.test(value) ? bodies[Number(value.slice(5))] : { items: [], pagination: {} };
    response.writeHead(body && 'error' in body ? 400 : 200).end(JSON.stringify(body));
  });
  const connection = await open({
    SEQUENCE_CLIENT_ID: CLIENT_ID,
    SEQUENCE_CLIENT_SECRET: SECRET,
    SEQUENCE_API_URL: upstream.url,
    SEQUENCE_LOG_LEVEL: 'debug',
    SEQUENCE_REQUESTS_PER_MINUTE: '100000',
    SEQUENCE_MCP_CALLS_PER_MINUTE: '100000',
  });
  const learnt: string[] = [];
  const ask = async (guess: string, name: string, args: Record<string, unknown>) => {
    const { text, structured, isError } = await connection.client.call(name, args);
    learnt.push(neutral(JSON.stringify([name, isError, text, structured]), guess));
  };
  let echo = 0;
  for (const guess of guessed) {
    for (const text of disguises(guess)) {
      for (const [name, args] of calls(text)) await ask(guess, name, args);
      for (const _ of echoes(text))
        await ask(guess, 'list_customer_aliases', { value: `echo:${echo++}`, detail: 'full' });
    }
  }
  await connection.close();
  // Sorted, since lines about a request and about a call come in any order.
  return [...learnt, ...guessed.reduce(neutral, connection.log()).split('\n').sort()];
}

/** The text without the guess in any form that JSON or a log shows, and without times, ports and random ids. */
function neutral(shown: string, guess: string): string {
  return shown
    .replaceAll(JSON.stringify(guess).slice(1, -1), `(${guess.length})`)
    .replaceAll(guess.replace(/[^A-Za-z0-9_]/g, ''), `(${guess.length})`)
    .replace(/\d+ ms|"ms":\d+|"time":"[^"]*"|"id":"[\da-f-]{36}"|127\.0\.0\.1:\d+/g, '');
}

// The search for forms is our own and the same on each runtime, so only one transport gets all guesses.
it.each(Object.entries(TRANSPORTS))('right and wrong guesses over %s give the same output', async (name, open) => {
  const forms = name === 'stdio' ? FORMS : [FORMS[0] ?? '', FORMS.at(-1) ?? ''];
  const [right, wrong] = await Promise.all([learn(open, guesses(forms, true)), learn(open, guesses(forms, false))]);
  expect(right.length).toBeGreaterThan(forms.length * 2 * 3 * 11);
  expect(right).toEqual(wrong);
});
