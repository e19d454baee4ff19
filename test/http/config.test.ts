import { describe, expect, it } from 'vitest';
import { HTTP_VARIABLES, loadHttpConfig } from '../../src/http/config.ts';

const SHA256 = 'ab'.repeat(32);
const PUBLIC = { SEQUENCE_MCP_URL: 'https://mcp.example.com/mcp', SEQUENCE_MCP_TOKENS: `one:${SHA256}` };

function problemsOf(env: Record<string, string>): readonly string[] {
  const config = loadHttpConfig(env);
  return config.kind === 'misconfigured' ? config.problems : [];
}

describe('the configuration of --http', () => {
  it('serves only loopback by default', () => {
    const unset = { url: undefined, tokens: [], oauth: undefined, origins: [], callsPerMinute: 300 };
    expect(loadHttpConfig({})).toEqual({ kind: 'configured', host: '127.0.0.1', port: 8080, ...unset });
    const blank = Object.fromEntries(
      Object.keys(HTTP_VARIABLES).map((name, n) => [name, ['', ' ', `$${'{x}'}`, 'null'][n % 4]]),
    );
    expect(loadHttpConfig(blank)).toEqual(loadHttpConfig({}));
  });

  it('reads every variable', () => {
    const config = loadHttpConfig({
      HOST: '0.0.0.0',
      PORT: '0',
      SEQUENCE_MCP_URL: 'https://MCP.example.com:443/mcp/',
      SEQUENCE_MCP_TOKENS: `one:${SHA256.toUpperCase()},\n two-2.b_c:${'cd'.repeat(32)} one:${'ef'.repeat(32)}`,
      SEQUENCE_MCP_ISSUER: 'https://id.example.com/realms/team/',
      SEQUENCE_MCP_AUDIENCE: 'api://sequence  https://mcp.example.com/',
      SEQUENCE_MCP_SCOPE: ' sequence:read\nteam/billing ',
      SEQUENCE_MCP_ORIGINS: 'https://APP.example.com:443/ http://localhost:3000\nchrome-extension://abcdef',
      SEQUENCE_MCP_CONTACT: 'ops@example.com',
      SEQUENCE_MCP_CALLS_PER_MINUTE: '7',
    });
    expect(config).toEqual({
      kind: 'configured',
      host: '0.0.0.0',
      port: 0,
      url: 'https://mcp.example.com/mcp',
      tokens: [
        { name: 'one', sha256: SHA256 },
        { name: 'two-2.b_c', sha256: 'cd'.repeat(32) },
        { name: 'one', sha256: 'ef'.repeat(32) },
      ],
      oauth: {
        issuer: 'https://id.example.com/realms/team/',
        audience: ['api://sequence', 'https://mcp.example.com/'],
        scopes: ['sequence:read', 'team/billing'],
      },
      origins: ['https://app.example.com', 'http://localhost:3000', 'chrome-extension://abcdef'],
      contact: 'ops@example.com',
      callsPerMinute: 7,
    });
  });

  it.each([
    [{}],
    [{ HOST: 'localhost' }],
    [{ HOST: '::1' }],
    [{ HOST: '[::1]' }],
    [{ SEQUENCE_MCP_URL: 'http://localhost:8080/mcp' }],
    [{ SEQUENCE_MCP_TOKENS: `one:${SHA256}` }],
    [{ HOST: '0.0.0.0', ...PUBLIC }],
    [{ HOST: '::', ...PUBLIC, SEQUENCE_MCP_URL: 'http://localhost:8080/mcp' }],
    [PUBLIC],
    [{ HOST: '0.0.0.0', ...PUBLIC, SEQUENCE_MCP_TOKENS: '', SEQUENCE_MCP_ISSUER: 'https://id.example.com' }],
    [{ ...PUBLIC, SEQUENCE_MCP_ISSUER: 'http://localhost:9000' }],
  ])('takes %j', (env) => {
    expect(problemsOf(env)).toEqual([]);
  });

  it.each([
    [{ HOST: '0.0.0.0' }, ['SEQUENCE_MCP_URL must be set', 'SEQUENCE_MCP_TOKENS or SEQUENCE_MCP_ISSUER must say']],
    [
      { HOST: '127.0.0.1.example.com' },
      ['SEQUENCE_MCP_URL must be set', 'SEQUENCE_MCP_TOKENS or SEQUENCE_MCP_ISSUER must say'],
    ],
    [{ HOST: '::', SEQUENCE_MCP_TOKENS: `one:${SHA256}` }, ['SEQUENCE_MCP_URL must be set']],
    [
      { HOST: '0.0.0.0', SEQUENCE_MCP_URL: 'http://localhost:8080/mcp' },
      ['SEQUENCE_MCP_TOKENS or SEQUENCE_MCP_ISSUER must say'],
    ],
    // A proxy on this machine would make it public.
    [{ SEQUENCE_MCP_URL: 'https://mcp.example.com/mcp' }, ['SEQUENCE_MCP_TOKENS or SEQUENCE_MCP_ISSUER must say']],
    [{ ...PUBLIC, SEQUENCE_MCP_URL: 'http://mcp.example.com/mcp' }, ['SEQUENCE_MCP_URL must start with https://']],
    [{ ...PUBLIC, SEQUENCE_MCP_URL: 'https://mcp.example.com/mcp?x' }, ['SEQUENCE_MCP_URL must not have a query']],
    [{ ...PUBLIC, SEQUENCE_MCP_URL: 'https://u@mcp.example.com/mcp' }, ['SEQUENCE_MCP_URL must not contain a user']],
    [
      { HOST: 'a b', PORT: '-1' },
      ['HOST must be', 'PORT must be', 'SEQUENCE_MCP_URL must be set', 'SEQUENCE_MCP_TOKENS'],
    ],
    [{ HOST: 'localhost:80' }, ['HOST must be', 'SEQUENCE_MCP_URL must be set', 'SEQUENCE_MCP_TOKENS']],
    [{ SEQUENCE_MCP_TOKENS: `one:${SHA256} the-token-itself` }, ['SEQUENCE_MCP_TOKENS: entry 2 is not']],
    [{ SEQUENCE_MCP_TOKENS: `:${SHA256},one:${SHA256}:x,one:abc` }, ['entry 1 is', 'entry 2 is', 'entry 3 is']],
    [{ SEQUENCE_MCP_TOKENS: `one:${SHA256} two:${SHA256}` }, ['SEQUENCE_MCP_TOKENS: entry 2']],
    [{ SEQUENCE_MCP_TOKENS: ' , ' }, []],
    [{ SEQUENCE_MCP_CONTACT: 'x'.repeat(201) }, ['SEQUENCE_MCP_CONTACT must have at most 200']],
    [{ SEQUENCE_MCP_ORIGINS: '* app.example.com https://x/y' }, ['ORIGINS: entry 1', 'entry 2', 'entry 3']],
    [{ SEQUENCE_MCP_ISSUER: 'http://id.example.com' }, ['SEQUENCE_MCP_ISSUER must start with https://']],
    [{ SEQUENCE_MCP_ISSUER: 'https://id.example.com?tenant=1' }, ['SEQUENCE_MCP_ISSUER must not have a query']],
    [
      { ...PUBLIC, SEQUENCE_MCP_TOKENS: '', SEQUENCE_MCP_ISSUER: 'id.example.com' },
      ['SEQUENCE_MCP_ISSUER is not a URL'],
    ],
    [{ SEQUENCE_MCP_SCOPE: 'a "b" c\\d offline_access' }, ['SCOPE: entry 2', 'SCOPE: entry 3', 'SCOPE: entry 4']],
    [{ SEQUENCE_MCP_CALLS_PER_MINUTE: '0' }, ['SEQUENCE_MCP_CALLS_PER_MINUTE must be']],
  ])('says of %j what is wrong', (env, expected) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(expected.length);
    for (const [n, words] of expected.entries()) expect(problems[n]).toContain(words);
    for (const problem of problems) expect(problem).not.toMatch(/token-itself|abab/);
  });

  it('does not accept an empty list as authentication', () => {
    expect(problemsOf({ ...PUBLIC, SEQUENCE_MCP_TOKENS: ',' })).toEqual([
      expect.stringContaining('SEQUENCE_MCP_TOKENS or SEQUENCE_MCP_ISSUER must say'),
    ]);
  });
});
