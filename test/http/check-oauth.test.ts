// The report of --http --check about the issuer.
import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { AUDIENCE, startIssuer, type TestIssuer } from '../support/issuer.ts';
import { built, cleanEnv, type Program } from '../support/programs.ts';

const LOGIN = {
  authorization_endpoint: 'https://id.example/authorize',
  token_endpoint: 'https://id.example/token',
  registration_endpoint: 'https://id.example/register',
  code_challenge_methods_supported: ['S256'],
};

function check(program: Program, issuer: string, env: Record<string, string> = {}): Promise<[number, string]> {
  const variables = { PORT: '0', SEQUENCE_MCP_URL: AUDIENCE, SEQUENCE_MCP_ISSUER: issuer, ...env };
  const args = [...program.args, '--http', '--demo', '--check'];
  return new Promise((resolve) => {
    execFile(program.command, args, { env: cleanEnv(variables) }, (error, stdout) =>
      resolve([typeof error?.code === 'number' ? error.code : 0, stdout]),
    );
  });
}

it.each(built)('a valid issuer works on $name', async (program) => {
  await using issuer = await startIssuer();
  Object.assign(issuer.metadata, LOGIN);
  const [code, report] = await check(program, issuer.url, { SEQUENCE_MCP_SCOPE: 'sequence:read' });
  expect(report).toContain(`issuer       ${issuer.url}\naudience     ${AUDIENCE}\nscope        sequence:read\n`);
  expect(report).toMatch(/^works {8}the issuer's metadata and its keys$/m);
  expect(report).not.toMatch(/^(?:fails|note)/m);
  expect(code).toBe(0);
});

const SCOPE = { SEQUENCE_MCP_SCOPE: 'sequence:read' };

/** Each fault, and its line in the report. */
const FAULTS: Record<
  string,
  { spoil?: (issuer: TestIssuer) => void; env?: Record<string, string>; says: string; works: boolean }
> = {
  'is down': {
    spoil: (issuer) => {
      issuer.answers = (_, response) => response.destroy();
    },
    says: 'fails        every access token is answered with 503',
    works: false,
  },
  'has only secret keys': {
    spoil: (issuer) => {
      issuer.answers = (path, response) => {
        if (path === '/keys') response.end('{"keys":[{"kty":"oct","k":"AA"}]}');
        else issuer.answersWell(path, response);
      };
    },
    says: 'fails        no key has an accepted algorithm',
    works: false,
  },
  'has no token endpoint': {
    spoil: ({ metadata }) => delete metadata['token_endpoint'],
    says: 'fails        the issuer has no token_endpoint',
    works: false,
  },
  'does no PKCE': {
    spoil: ({ metadata }) => Object.assign(metadata, { code_challenge_methods_supported: ['plain'] }),
    says: '"Incompatible auth server: does not support code challenge method S256"',
    works: false,
  },
  'registers no clients': {
    spoil: ({ metadata }) => delete metadata['registration_endpoint'],
    says: '"Incompatible auth server: does not support dynamic client registration"',
    works: true,
  },
  'is used without a scope': {
    env: {},
    says: 'note         SEQUENCE_MCP_SCOPE is not set, so most hosts ask for no scope',
    works: true,
  },
};

it.each(Object.entries(FAULTS))('reports an issuer that %s', async (_, { spoil, env = SCOPE, says, works }) => {
  await using issuer = await startIssuer();
  Object.assign(issuer.metadata, LOGIN);
  const [node] = built as [Program];
  expect((await check(node, issuer.url, SCOPE))[1]).not.toContain(says);
  spoil?.(issuer);
  const [code, report] = await check(node, issuer.url, env);
  expect(report).toContain(says);
  expect({ code, works: /^works {8}the issuer/m.test(report) }).toEqual({ code: works ? 0 : 1, works });
});
