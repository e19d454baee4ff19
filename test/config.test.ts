import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type ApiConfig, loadConfig, VARIABLES } from '../src/config.ts';

const key = { SEQUENCE_CLIENT_ID: 'key', SEQUENCE_CLIENT_SECRET: 'secret' };
const problems = (env: Record<string, string>) => {
  const { api } = loadConfig(env);
  return 'problems' in api ? api.problems : [];
};
const api = (env: Record<string, string> = {}) => loadConfig({ ...key, ...env }).api as ApiConfig;

describe('loadConfig', () => {
  it('needs only the key', () => {
    const config = loadConfig(key);
    expect(config).toMatchObject({ timeoutMs: 45_000, logLevel: 'warn' });
    expect(config.api).toMatchObject({
      environment: 'production',
      url: 'https://eu.sequencehq.com/api',
      version: '2024-07-30',
      requestsPerMinute: 1_500,
    });
    expect(api().authorization.reveal()).toBe('Basic a2V5OnNlY3JldA==');
  });

  it.each([
    ['sandbox', 'https://sandbox.sequencehq.com/api'],
    ['dev', 'https://dev.seqhq.io/api'],
    [' Production ', 'https://eu.sequencehq.com/api'],
  ])('knows the environment %s', (environment, url) =>
    expect(api({ SEQUENCE_ENVIRONMENT: environment }).url).toBe(url),
  );

  it.each(['', '  ', 'null', 'undefined', '$' + '{user_config.x}'])('treats %j as unset', (value) => {
    const all = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, value]));
    const { redact: _, ...config } = loadConfig({ ...all, ...key });
    expect(loadConfig(key)).toMatchObject(config);
    expect(problems(all)).toEqual(['SEQUENCE_CLIENT_ID is not set.', 'SEQUENCE_CLIENT_SECRET is not set.']);
  });

  it('reports every problem at once, without values', () => {
    const found = problems({
      SEQUENCE_CLIENT_ID: 'pasted:value',
      SEQUENCE_CLIENT_SECRET: 'pasted\u0007value',
      SEQUENCE_ENVIRONMENT: 'pasted-value',
      SEQUENCE_API_URL: 'pasted-value',
      SEQUENCE_API_VERSION: 'pasted-value',
      SEQUENCE_TIMEOUT_MS: 'pasted-value',
      SEQUENCE_REQUESTS_PER_MINUTE: '0',
      SEQUENCE_LOG_LEVEL: 'pasted-value',
    });
    expect(found).toHaveLength(8);
    for (const name of Object.keys(VARIABLES)) expect(found.join('\n')).toContain(name);
    expect(found.join('\n')).not.toContain('pasted');
  });

  it.each(['0', '-1', '1.5', '1e3', '999999999999', '0x10', '٣'])('refuses %s as a number', (value) =>
    expect(problems({ ...key, SEQUENCE_TIMEOUT_MS: value })).toHaveLength(1),
  );

  it.each([
    'https://example.com/api',
    'https://example.com',
    'http://localhost:8080/x',
    'http://127.0.0.1:1',
    'http://[::1]:1',
  ])('accepts the address %s', (url) =>
    expect(api({ SEQUENCE_API_URL: `${url}/` })).toMatchObject({ url, environment: 'custom' }),
  );

  it.each([
    ['HTTPS://Example.COM/Api', 'https://example.com/Api'],
    ['hTTp://LocalHost:80', 'http://localhost'],
    ['https:example.com', 'https://example.com'],
  ])('takes %s for %s', (written, url) => expect(api({ SEQUENCE_API_URL: written })).toMatchObject({ url }));

  it.each([
    'example.com',
    'http://example.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'ftp://localhost',
    'https://user:password@example.com',
    'https://example.com?a=b',
    'https://example.com?',
    'https://example.com#',
  ])('refuses the address %s', (url) => expect(problems({ ...key, SEQUENCE_API_URL: url })).toHaveLength(1));

  it('encodes a key outside ASCII as UTF-8', () =>
    expect(api({ SEQUENCE_CLIENT_SECRET: 'zażółć' }).authorization.reveal()).toBe(
      `Basic ${Buffer.from('key:zażółć').toString('base64')}`,
    ));

  it('never prints the key', () => {
    const config = loadConfig(key);
    for (const shown of [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      `${api().authorization}`,
    ]) {
      expect(shown).toContain('[redacted]');
      expect(shown).not.toMatch(/secret"|a2V5OnNlY3JldA/);
    }
  });

  it("names the flag once for all variables that Deno's permissions hide", () => {
    const env = new Proxy(key as Record<string, string>, {
      get: (target, name: string) => {
        if (name in target) return target[name];
        throw new Error('NotCapable');
      },
    });
    expect(problems(env)).toEqual(["Deno may not read SEQUENCE_*: start it with '--allow-env=SEQUENCE_*'."]);
  });

  it.each<[string, string]>([
    ['"c01aa1d4"', 'is in quotation marks: leave them out'],
    ["'c01aa1d4'", 'is in quotation marks: leave them out'],
    ['“c01aa1d4”', 'is in quotation marks: leave them out'],
    ['c01aa1d4"', 'is in quotation marks: leave them out'],
    ['c01a\u200ba1d4', 'contains a character that is not visible: copy it again'],
    ['c01a\ta1d4', 'contains a character that is not visible: copy it again'],
    ['c01a\u00a0a1d4', 'contains a character that is not visible: copy it again'],
    ['c01a\u0000a1d4', 'contains a character that is not visible: copy it again'],
    ['c01aa1d4…', 'is a placeholder: put the real value there'],
    ...[
      ...['your-client-secret', 'YOUR_API_KEY', 'my-key', 'the client id', 'insert_key_here', 'replace-me', 'changeme'],
      ...[
        '$SECRET',
        '$(cat secret)',
        '%SECRET%',
        '<secret>',
        '{{secret}}',
        '{env:SECRET}',
        '[secret]',
        'xxxxxxxx',
        '***',
      ],
      ...['...', 'Change_Me', 'todo'],
    ].map((value): [string, string] => [value, 'is a placeholder: put the real value there']),
  ])('names what is wrong with the key %j', (value, problem) => {
    for (const name of ['SEQUENCE_CLIENT_ID', 'SEQUENCE_CLIENT_SECRET']) {
      expect(problems({ ...key, [name]: value })).toContain(`${name} ${problem}.`);
    }
  });

  it.each(['c01aa1d4-8c3b', "it's", 'a b', 'mysecret', 'yourid', 'zażółć', 'x', 'a$b', 'k{}', '\ufeff c01a '])(
    'accepts %j as a key',
    (value) => {
      expect(problems({ SEQUENCE_CLIENT_ID: value, SEQUENCE_CLIENT_SECRET: value })).toEqual([]);
    },
  );
});

describe('an address on this machine', () => {
  const url = 'http://127.0.0.1:8080/api';

  it('is refused if Deno hides whether a proxy is set', () => {
    const hide = (...hidden: string[]) =>
      new Proxy({ ...key, SEQUENCE_API_URL: url, NO_PROXY: '127.0.0.1' } as Record<string, string>, {
        get: (target, name: string) => {
          if (hidden.includes(name)) throw new Error('NotCapable');
          return target[name];
        },
      });
    expect(problems(hide('HTTP_PROXY'))).toEqual([]);
    expect(problems(hide('NO_PROXY'))).toEqual([]);
    expect(problems(hide('HTTP_PROXY', 'NO_PROXY'))).toEqual([
      "SEQUENCE_API_URL is on this machine, but Deno hides HTTP_PROXY from this program; if set, it could take the key elsewhere: set NO_PROXY=localhost,127.0.0.1,::1 and start Deno with '--allow-env=SEQUENCE_*,NO_PROXY'.",
    ]);
  });

  it.each<[Record<string, string>, string]>([
    [{ HTTP_PROXY: 'http://proxy' }, 'HTTP_PROXY'],
    [{ http_proxy: 'http://proxy' }, 'HTTP_PROXY'],
    [{ ALL_PROXY: 'http://proxy', NO_PROXY: 'example.com' }, 'ALL_PROXY'],
    [{ HTTPS_PROXY: 'http://proxy', SEQUENCE_API_URL: 'https://localhost' }, 'HTTPS_PROXY'],
    [{ HTTP_PROXY: 'http://proxy', NO_PROXY: 'localhost' }, 'HTTP_PROXY'],
    // Deno understands none of these.
    ...['*', '127.0.0.1:8080', 'localhost 127.0.0.1'].map((NO_PROXY): [Record<string, string>, string] => [
      { HTTP_PROXY: 'http://proxy', NO_PROXY },
      'HTTP_PROXY',
    ]),
  ])('is refused if a proxy would be asked: %j', (env, proxy) =>
    expect(problems({ ...key, SEQUENCE_API_URL: url, ...env })).toEqual([
      `SEQUENCE_API_URL is on this machine, but ${proxy} could take the key elsewhere: set NO_PROXY=localhost,127.0.0.1,::1.`,
    ]),
  );

  it('is refused if only one of NO_PROXY and no_proxy exempts it: runtimes differ in which they read', () => {
    const [ours, others] = ['localhost,127.0.0.1,::1', '.corp.example'];
    for (const [NO_PROXY, no_proxy] of [
      [ours, others],
      [others, ours],
    ] as const) {
      const env = { ...key, SEQUENCE_API_URL: url, HTTP_PROXY: 'http://proxy', NO_PROXY, no_proxy };
      expect(problems(env)).toEqual([
        'SEQUENCE_API_URL is on this machine, but HTTP_PROXY could take the key elsewhere: set NO_PROXY=localhost,127.0.0.1,::1 and no_proxy alike.',
      ]);
      expect(problems({ ...env, NO_PROXY: ours, no_proxy: ours })).toEqual([]);
    }
  });

  it.each<Record<string, string>>([
    { HTTP_PROXY: '' },
    { HTTPS_PROXY: 'http://proxy' },
    { HTTP_PROXY: 'http://proxy', NO_PROXY: 'localhost,127.0.0.1,::1' },
    { HTTP_PROXY: 'http://proxy', no_proxy: 'example.com, 127.0.0.1' },
    { HTTP_PROXY: 'http://proxy', NO_PROXY: '::1', SEQUENCE_API_URL: 'http://[::1]:1' },
    { HTTPS_PROXY: 'http://proxy', SEQUENCE_API_URL: 'https://example.com' },
  ])('is taken if none would be: %j', (env) => expect(problems({ ...key, SEQUENCE_API_URL: url, ...env })).toEqual([]));
});
