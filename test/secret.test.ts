import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Secret } from '../src/secret.ts';
import { connect } from './support/clients.ts';
import { faults, faultsOn, startFaults } from './support/faults.ts';
import { built, cleanEnv, node } from './support/programs.ts';
import { startUpstream } from './support/upstream.ts';

const CLIENT_ID = 'id-7f3a9c';
const SECRETS = ['plain-5ecret', "$&$1$`$'x", 'with:colon', 'un"quoted\' \\x', 'zażółć-🔑', '%41+/=?#'];

/** Every form in which a secret could leak: itself, as JSON, in a URL, and in Base64, alone or with the id. */
function forms(secret: string): string[] {
  const base64 = (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '');
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    base64(secret),
    base64(`${CLIENT_ID}:${secret}`),
  ];
}

describe.each(built)('the secret on $name', (program) => {
  const isNode = program === node;
  // The text of a log or an error is the same on each runtime; the messages of its `fetch` are not.
  it.each(isNode ? SECRETS : SECRETS.slice(0, 1))('%s is in no output', { concurrent: true }, async (secret) => {
    await using upstream = await startFaults();
    const output: string[] = [];
    // The debug level includes all other levels.
    const env = {
      SEQUENCE_CLIENT_ID: CLIENT_ID,
      SEQUENCE_CLIENT_SECRET: secret,
      SEQUENCE_API_URL: upstream.url,
      SEQUENCE_TIMEOUT_MS: '3000',
      SEQUENCE_LOG_LEVEL: 'debug',
    };
    await using client = await connect(program, { env });
    const call = ([value]: [string, unknown]) => client.call('list_customer_aliases', { value });
    // The words of a failure do not depend on the secret.
    const all = isNode ? Object.entries(faults) : faultsOn('bun');
    const met = secret === SECRETS[0] ? all : all.filter(([name]) => /^401|^reset before|^500 once|^HTML/.test(name));
    const answers = await Promise.all(met.filter(([, fault]) => !fault.alone).map(call));
    // These delay all later requests.
    answers.push(...(await Promise.all(met.filter(([, fault]) => fault.alone).map(call))));
    for (const { text, structured } of answers) output.push(text, JSON.stringify(structured) ?? '');
    output.push(client.stderr());
    expect(output.join('').length).toBeGreaterThan(500);
    for (const { url, headers } of upstream.received) {
      expect(headers.authorization).toBe(`Basic ${Buffer.from(`${CLIENT_ID}:${secret}`).toString('base64')}`);
      output.push(
        url.href,
        ...Object.entries({ ...headers, authorization: '' })
          .flat()
          .map(String),
      );
    }
    for (const form of forms(secret)) expect(output.join('\n')).not.toContain(form);
  });

  it.each(isNode ? [...SECRETS, 'identifier5', 'Ab1-'.repeat(100)] : SECRETS.slice(4, 5))(
    '%s is redacted from an echo',
    async (secret) => {
      const page = (fields: object, pagination = {}) => {
        const item = { id: 'i', sequenceAccountId: 's', customerId: 'c', value: 'v', createdAt: 't', ...fields };
        return { items: [item], pagination };
      };
      const bytes = (text: string) => Buffer.from(text);
      const echoes = forms(secret).flatMap((form) => [form, form.toLowerCase(), form.replaceAll('%20', '+')]);
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        for (const before of ['', '1', '12']) echoes.push(bytes(`${before}${secret}34`).toString(encoding));
        echoes.push(bytes(`${CLIENT_ID}:${secret}`).toString(encoding), bytes(secret).toString(encoding));
      }
      const cutAt = 1_000 - Math.min(secret.length, 500) + 1;
      const bodies = [
        ...echoes.map((echo) => page({ label: `it's ${echo}, yes`, value: `\n${echo}`, createdAt: echo, id: echo })),
        page({ label: '-'.repeat(cutAt) + secret, value: '-'.repeat(cutAt) + secret }),
        page({ customerId: `c-${secret}` }),
        page({}, { after: `c-${Buffer.from(`1${secret}`).toString('base64')}` }),
        { error: { type: secret } },
        { error: { type: Buffer.from(secret).toString('base64').replace(/=+$/, '') } },
      ];
      let asked = 0;
      await using upstream = await startUpstream((_, response) => {
        const body = bodies[asked++];
        response.writeHead(body && 'error' in body ? 400 + (asked % 2) : 200).end(JSON.stringify(body));
      });
      await using client = await connect(program, {
        env: {
          SEQUENCE_CLIENT_ID: CLIENT_ID,
          SEQUENCE_CLIENT_SECRET: secret,
          SEQUENCE_API_URL: upstream.url,
          SEQUENCE_LOG_LEVEL: 'debug',
        },
      });
      await client.listTools();
      const answers = [];
      for (const _ of bodies) answers.push(await client.call('list_customer_aliases', { detail: 'full' }));
      answers.push(await client.call('list_customer_aliases', { [secret]: 1 }));
      for (const { text, structured } of answers) {
        if (structured) expect(JSON.parse(text)).toEqual(structured);
        const shown = text + JSON.stringify(structured ?? '') + client.stderr();
        for (const form of echoes.filter((echo) => echo.includes(secret) || forms(secret).includes(echo))) {
          expect(shown).not.toContain(form);
        }
        expect(shown).not.toContain(secret.slice(0, 6));
      }
      expect(answers.at(-1)?.text).toContain('an argument of another name');
      expect(answers.slice(-5, -3).map(({ text }) => text)).toEqual([
        expect.stringMatching(/^unexpected_response: Sequence sent the API key in customerId/),
        expect.stringMatching(/^unexpected_response: Sequence sent the API key in after/),
      ]);
    },
  );

  it.each(isNode ? [['--help'], ['--version'], ['--check'], ['--check', '--demo'], ['--nope']] : [['--check']])(
    'is not in the output of %s',
    async (...flags) => {
      await using upstream = await startUpstream((_, response) => response.writeHead(403).end());
      for (const SEQUENCE_API_VERSION of ['2024-07-30', 'wrong']) {
        const env = cleanEnv({
          SEQUENCE_CLIENT_ID: CLIENT_ID,
          SEQUENCE_CLIENT_SECRET: 'plain-5ecret',
          SEQUENCE_API_URL: upstream.url,
          SEQUENCE_LOG_LEVEL: 'debug',
          SEQUENCE_API_VERSION,
        });
        const output = await new Promise<string>((resolve) =>
          execFile(program.command, [...program.args, ...flags], { env }, (_, out, err) => resolve(out + err)),
        );
        expect(output).not.toBe('');
        for (const form of forms('plain-5ecret')) expect(output).not.toContain(form);
      }
    },
  );
});

it('the secret may be an argument like any other', async () => {
  await using upstream = await startUpstream((_, response) => response.end('{"items":[],"pagination":{}}'));
  const env = {
    SEQUENCE_CLIENT_ID: CLIENT_ID,
    SEQUENCE_CLIENT_SECRET: 'plain-5ecret',
    SEQUENCE_API_URL: upstream.url,
  };
  await using client = await connect(node, { env });
  for (const form of [...forms('plain-5ecret'), 'plain-6ecret']) {
    const { structured } = await client.call('find_customer_by_alias', { alias: form });
    expect(structured.outcome).toBe('not_found');
    expect(upstream.received.map(({ url }) => url.searchParams.get('value'))).toContain(form);
  }
});

it('the secret is sent only to the configured origin, and is in no process argument', async () => {
  await using elsewhere = await startUpstream((_, response) => response.end());
  await using upstream = await startUpstream((_, response) =>
    response.writeHead(307, { location: `${elsewhere.url}/customer-aliases` }).end(),
  );
  const env = {
    SEQUENCE_CLIENT_ID: CLIENT_ID,
    SEQUENCE_CLIENT_SECRET: 'plain-5ecret',
    SEQUENCE_API_URL: upstream.url,
  };
  await using client = await connect(node, { env });
  expect((await client.call('find_customer_by_alias', { alias: 'x' })).text).toMatch(/^unexpected_response: /);
  expect(upstream.received).toHaveLength(1);
  expect(elsewhere.received).toHaveLength(0);
  const { transport } = client.client;
  const pid = transport && 'pid' in transport ? transport.pid : undefined;
  if (process.platform === 'linux') expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('5ecret');
});

it.each(['base64', 'base64url'] as const)(
  'an echo in %s looks the same whatever the first and last byte of a key',
  (encoding) => {
    for (const before of ['', '1', '12']) {
      for (const behind of ['', '1', '12']) {
        const shown = ['a0123456789a', 'b0123456789b', '~0123456789~'].map((secret) => {
          const echo = Buffer.from(before + secret + behind).toString(encoding);
          return new Secret('', secret).redact(`The header ${echo} was refused.`);
        });
        expect(new Set(shown).size).toBe(1);
        expect(shown[0]).toMatch(/^The header \w*\[redacted]\w*=* was refused\.$/);
      }
    }
    const twice = Buffer.from('a0123456789aa0123456789a').toString(encoding);
    expect(new Secret('', 'a0123456789a').redact(twice)).toBe('[redacted][redacted]');
  },
);
