// Snippets for hosts in docs/INSTALL.md and on the page: each is parsed like its host does it, and used.
import { readFileSync } from 'node:fs';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clientsFor } from '../../src/http/page/clients.ts';
import { TOKEN, TOKENS } from '../support/http-cases.ts';
import { type HttpServer, startHttp } from '../support/http-server.ts';
import { node } from '../support/programs.ts';

const URL_OF_TEAM = 'https://mcp.example.com/mcp';
const section = readFileSync('docs/INSTALL.md', 'utf8').split(/^## Connect to a team/m)[1] ?? '';
const blocks = (language: string) =>
  [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text.trim());
const commands = blocks('sh').flatMap((text) => text.split('\n').filter((line) => line.includes(' mcp add ')));
const documented = [...blocks('json'), ...commands];
const page = clientsFor(URL_OF_TEAM, true, false).flatMap(({ code }) => code ?? []);

/** A snippet as its host reads it. A fragment of a request body gets braces. */
const read = (text: string) => (/^["{]/.test(text) ? JSON.parse(text.startsWith('{') ? text : `{${text}}`) : text);

interface Target {
  readonly url: string;
  /** The header with the host's placeholder for the token. */
  readonly authorization: string;
}

function targetOf(text: string): Target {
  const snippet = read(text);
  return typeof snippet === 'string' ? targetOfCommand(snippet) : targetOfJson(snippet);
}

// biome-ignore lint/suspicious/noExplicitAny: each host has its own shape.
function targetOfJson({ mcpServers, servers, mcp_servers, tools }: any): Target {
  const [server] = Object.values<{ url: string; headers: { Authorization: string } }>(mcpServers ?? servers ?? {});
  if (server) return { url: server.url, authorization: server.headers.Authorization };
  const [remote] = mcp_servers ?? tools;
  const token = remote.authorization_token ?? remote.authorization;
  return { url: remote.url ?? remote.server_url, authorization: `Bearer ${token}` };
}

function targetOfCommand(line: string): Target {
  const [url = ''] = /https:\/\/\S+/.exec(line) ?? [];
  const [, header] = / --header "Authorization(?:: |=)([^"]+)"/.exec(line) ?? [];
  const [, variable] = / --bearer-token-env-var (\w+)$/.exec(line) ?? [];
  return { url, authorization: header ?? `Bearer $\{${variable}}` };
}

it('docs/INSTALL.md has every snippet of the page', () => {
  expect(page).toHaveLength(8);
  expect(documented).toHaveLength(12);
  expect(documented.map(read)).toEqual(expect.arrayContaining(page.map(read)));
});

let server: HttpServer;
beforeAll(async () => {
  server = await startHttp(node, { flags: ['--demo'], env: { SEQUENCE_MCP_TOKENS: TOKENS } });
});
afterAll(() => server[Symbol.asyncDispose]());

it.each([...new Set([...documented, ...page])])('connects: %s', async (text) => {
  const target = targetOf(text);
  expect(target.url).toBe(URL_OF_TEAM);
  const authorization = target.authorization.replace(
    /^(Bearer )(?:YOUR_TOKEN|\$\{(?:SEQUENCE_TOKEN|input:sequence-token)\})$/,
    `$1${TOKEN}`,
  );
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers: { authorization } } }),
  );
  expect((await client.listTools()).tools).toHaveLength(2);
  await client.close();
});
