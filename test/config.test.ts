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

  it.each(['', '  ', 'null', 'undefined', '$' + '{user_config.x}'])('takes %j for unset', (value) => {
    const all = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, value]));
    expect(loadConfig({ ...all, ...key })).toEqual(loadConfig(key));
    expect(problems(all)).toEqual(['SEQUENCE_CLIENT_ID is not set.', 'SEQUENCE_CLIENT_SECRET is not set.']);
  });

  it('reports every problem at once, and repeats no value', () => {
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

  it.each(['0', '-1', '1.5', '1e3', '999999999999', '0x10', '٣'])('refuses %s for a number', (value) =>
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

  it('shows the key to nobody', () => {
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

  it("explains a variable that Deno's permissions hide", () => {
    const env = new Proxy(key as Record<string, string>, {
      get: (target, name: string) => {
        if (name === 'SEQUENCE_LOG_LEVEL') throw new Error('NotCapable');
        return target[name];
      },
    });
    expect(problems(env)).toEqual(["SEQUENCE_LOG_LEVEL may not be read: add it to Deno's --allow-env."]);
  });
});
