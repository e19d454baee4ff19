// From a 401 to a result of each tool, with the SDK's own clients and a real authorization server.
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOOLS } from '../../src/tools/index.ts';
import { type ClientKind, clientKinds } from '../support/clients.ts';
import { TOKENS } from '../support/http-cases.ts';
import { startHttp } from '../support/http-server.ts';
import { Login, startAuthorizationServer } from '../support/person.ts';
import { built, node } from '../support/programs.ts';

const ARGUMENTS: Record<string, Record<string, unknown>> = {
  find_customer_by_alias: { alias: 'crm-1042' },
  list_customer_aliases: { limit: 1 },
};

/** Connects and logs in like a host. */
async function connect(kind: ClientKind, url: string, login: Login): Promise<ClientV1 | ClientV2> {
  const info = { name: 'test', version: '1' };
  if (kind === 'v1') {
    const transport = () => new HttpV1(new URL(url), { authProvider: login });
    const first = transport();
    const connecting = new ClientV1(info).connect(first as Parameters<ClientV1['connect']>[0]);
    await expect(connecting).rejects.toThrow('Unauthorized');
    await first.finishAuth((await login.logIn()).get('code') ?? '');
    const client = new ClientV1(info);
    await client.connect(transport() as Parameters<ClientV1['connect']>[0]);
    return client;
  }
  const mode = kind === 'v2 modern' ? { pin: '2026-07-28' } : ('legacy' as const);
  const newClient = () => new ClientV2(info, { versionNegotiation: { mode } });
  const transport = () => new HttpV2(new URL(url), { authProvider: login });
  const first = transport();
  await expect(newClient().connect(first)).rejects.toThrow();
  await first.finishAuth(await login.logIn());
  const client = newClient();
  await client.connect(transport());
  return client;
}

describe.each(built)('on $name', (program) => {
  let authorization: Awaited<ReturnType<typeof startAuthorizationServer>>;
  beforeAll(async () => {
    authorization = await startAuthorizationServer();
  });
  afterAll(() => authorization[Symbol.asyncDispose]());

  // Differences between clients do not depend on the runtime.
  it.each(program === node ? clientKinds : ['v2 modern' as const])(
    'a %s client logs in and calls each tool',
    async (kind) => {
      await using server = await startHttp(program, {
        flags: ['--demo'],
        env: {
          SEQUENCE_MCP_ISSUER: authorization.issuer,
          SEQUENCE_MCP_SCOPE: 'sequence:read',
          SEQUENCE_MCP_CALLER_CLAIM: 'sub',
        },
      });
      const login = new Login();
      const client = await connect(kind, server.url, login);
      expect(login.sentTo?.origin).toBe(authorization.issuer);
      expect(login.sentTo?.searchParams.get('resource')).toBe(server.url);
      expect(login.sentTo?.searchParams.get('scope')).toContain('sequence:read');
      for (const { name } of TOOLS) {
        const result = await client.callTool({ name, arguments: ARGUMENTS[name] ?? {} });
        expect(result).toMatchObject({ structuredContent: expect.anything() });
        expect(result.isError ?? false).toBe(false);
      }
      await client.close();
      const callers = () =>
        server
          .log()
          .filter(({ method }) => method === 'tools/call')
          .map(({ caller }) => caller);
      await expect.poll(callers).toEqual(TOOLS.map(() => 'tester'));
      expect(server.log().filter(({ status }) => status === 401).length).toBeGreaterThan(0);
      expect(login.accessToken).not.toBe('');
      expect(server.stderr()).not.toContain(login.accessToken);
    },
  );
});

it.each(['v1', 'v2'])('a %s client without a token learns how to get one, instead of a 404', async (kind) => {
  const env = { SEQUENCE_MCP_TOKENS: TOKENS, SEQUENCE_MCP_CONTACT: 'ops@example.com' };
  await using server = await startHttp(node, { flags: ['--demo'], env });
  const authProvider = new Login();
  const info = { name: 'test', version: '1' };
  const connecting =
    kind === 'v1'
      ? new ClientV1(info).connect(
          new HttpV1(new URL(server.url), { authProvider }) as Parameters<ClientV1['connect']>[0],
        )
      : new ClientV2(info).connect(new HttpV2(new URL(server.url), { authProvider }));
  await expect(connecting).rejects.toThrow(
    'There is no sign-in. Send a fixed token: Authorization: … For access, ask ops@example.com.',
  );
});
