// What README.md tells a team to give its hosts: each snippet is taken apart as its host does it, and used.
import { readFileSync } from 'node:fs';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';
import { clientsFor } from '../../src/http/page/clients.ts';
import { startHttp } from '../support/http-server.ts';
import { node } from '../support/programs.ts';

const URL_OF_TEAM = 'https://mcp.example.com/mcp';
const TOKEN = 'YOUR_TOKEN';
const section = readFileSync('README.md', 'utf8').match(/^## For a team\n(.*?)^## /ms)?.[1] ?? '';
const blocks = (language: string) =>
  [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text);

interface Target {
  readonly url: string;
  readonly authorization: string;
}

/** Where each snippet leads, and what it sends. */
const targets: (readonly [string, Target])[] = [
  ...blocks('json').map((text) => [text, targetOf(JSON.parse(text))] as const),
  ...blocks('sh').flatMap((text) =>
    text.split('\n').flatMap((line) => targetOfCommand(line).map((target) => [line, target] as const)),
  ),
];

// biome-ignore lint/suspicious/noExplicitAny: each host has its own shape.
function targetOf({ mcpServers, servers, mcp_servers, tools }: any): Target {
  const [server] = Object.values<{ url: string; headers: { Authorization: string } }>(mcpServers ?? servers ?? {});
  if (server) {
    const authorization = server.headers.Authorization.replace('$' + '{input:sequence-token}', TOKEN);
    return { url: server.url, authorization };
  }
  const [remote] = mcp_servers ?? tools;
  const token = remote.authorization_token ?? remote.authorization;
  return { url: remote.url ?? remote.server_url, authorization: `Bearer ${token}` };
}

function targetOfCommand(line: string): Target[] {
  const claude = /^claude mcp add --scope user --transport http sequence (\S+) --header "Authorization: ([^"]+)"$/.exec(
    line,
  );
  if (claude) return [{ url: claude[1] ?? '', authorization: claude[2] ?? '' }];
  const codex = /^codex mcp add sequence --url (\S+) --bearer-token-env-var SEQUENCE_TOKEN$/.exec(line);
  return codex ? [{ url: codex[1] ?? '', authorization: `Bearer ${TOKEN}` }] : [];
}

it('has a snippet for each host, and those that are copied are the page’s own', () => {
  expect(targets).toHaveLength(6);
  const codes = clientsFor(URL_OF_TEAM, { tokens: true, oauth: false }).flatMap(({ code }) => code?.text ?? []);
  const asObject = (text: string) => (text.startsWith('"') ? JSON.parse(`{${text}}`) : text);
  const written = targets.map(([text]) => (text.startsWith('{') ? JSON.parse(text) : text));
  expect(written).toEqual(expect.arrayContaining(codes.map(asObject)));
});

it.each(targets)('connects: %s', async (_, { url, authorization }) => {
  expect(url).toBe(URL_OF_TEAM);
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(TOKEN));
  const env = { SEQUENCE_MCP_TOKENS: `somebody:${Buffer.from(digest).toString('hex')}` };
  await using server = await startHttp(node, { flags: ['--demo'], env });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers: { authorization } } }),
  );
  expect((await client.listTools()).tools).toHaveLength(2);
  await client.close();
});
