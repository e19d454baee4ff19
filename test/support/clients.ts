import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
  InMemoryTransport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { McpServer } from '@modelcontextprotocol/server';
import { createServer, type ServerOptions } from '../../src/server.ts';
import { startHttp } from './http-server.ts';
import { cleanEnv, type Program } from './programs.ts';

/** The result of a call for an agent. */
export interface Answer {
  readonly text: string;
  readonly isError: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: tests state what they expect.
  readonly structured: any;
}

/** The subset of an MCP client that tests need. */
export interface TestClient extends AsyncDisposable {
  readonly client: ClientV1 | ClientV2;
  readonly protocol: string | undefined;
  readonly stderr: () => string;
  listTools(): Promise<{ tools: { name: string; description?: string | undefined; inputSchema: object }[] }>;
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<Answer>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: { progress: number; message?: string | undefined }) => void;
}

const info = { name: 'test', version: '1' };
const MODERN = '2026-07-28';

/** Clients that hosts use: the SDK's v1, and its v2 in both protocol eras. */
export const clientKinds = ['v1', 'v2 legacy', 'v2 modern'] as const;
export type ClientKind = (typeof clientKinds)[number];

/** The server's transports. */
export const transports = ['stdio', 'http'] as const;

export interface ConnectOptions {
  readonly transport?: (typeof transports)[number];
  readonly kind?: ClientKind;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A real client of a real process. */
export function connect(program: Program, options: ConnectOptions = {}): Promise<TestClient> {
  return options.transport === 'http' ? connectOverHttp(program, options) : connectOverStdio(program, options);
}

async function connectOverStdio(program: Program, options: ConnectOptions): Promise<TestClient> {
  const { kind = 'v2 legacy', args = [], env = {} } = options;
  const parameters = {
    command: program.command,
    args: [...program.args, ...args],
    env: cleanEnv(env),
    stderr: 'pipe' as const,
  };
  let stderr = '';
  const readStderr = (transport: StdioV1 | StdioV2) => transport.stderr?.on('data', (chunk) => (stderr += chunk));
  if (kind === 'v1') {
    const client = new ClientV1(info);
    const transport = new StdioV1(parameters);
    readStderr(transport);
    // The v1 types predate exactOptionalPropertyTypes.
    await client.connect(transport as Parameters<ClientV1['connect']>[0]);
    return wrap(client, () => stderr);
  }
  const client = clientV2(kind);
  const transport = new StdioV2(parameters);
  readStderr(transport);
  await client.connect(transport);
  return wrap(client, () => stderr);
}

async function connectOverHttp(program: Program, { kind, args = [], env = {} }: ConnectOptions): Promise<TestClient> {
  const server = await startHttp(program, { flags: args, env });
  return connectToEndpoint(server.url, { kind, stderr: server.stderr, end: () => server[Symbol.asyncDispose]() });
}

export interface EndpointOptions {
  readonly kind?: ClientKind | undefined;
  readonly token?: string | undefined;
  readonly stderr?: () => string;
  readonly end?: () => PromiseLike<void>;
}

/** A real client of a running endpoint. */
export async function connectToEndpoint(address: string, options: EndpointOptions = {}): Promise<TestClient> {
  const { kind = 'v2 legacy', token, stderr = () => '', end } = options;
  const url = new URL(address);
  const http = token === undefined ? {} : { requestInit: { headers: { authorization: `Bearer ${token}` } } };
  if (kind === 'v1') {
    const client = new ClientV1(info);
    await client.connect(new HttpV1(url, http) as Parameters<ClientV1['connect']>[0]);
    return wrap(client, stderr, end);
  }
  const client = clientV2(kind);
  await client.connect(new HttpV2(url, http));
  return wrap(client, stderr, end);
}

function clientV2(kind: ClientKind): ClientV2 {
  return new ClientV2(info, { versionNegotiation: { mode: kind === 'v2 modern' ? { pin: MODERN } : 'legacy' } });
}

/** A real client of a server in this process, for tests with many cases. */
export const connectInMemory = (options: Omit<ServerOptions, 'onCall'> & Partial<ServerOptions>) =>
  connectServer(createServer({ onCall: () => {}, ...options }));

export async function connectServer(server: McpServer): Promise<TestClient> {
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
  const client = new ClientV2(info);
  await server.connect(serverSide);
  await client.connect(clientSide);
  return wrap(client, () => '');
}

function wrap(
  client: ClientV1 | ClientV2,
  stderr: () => string,
  end: () => PromiseLike<void> = async () => {},
): TestClient {
  return {
    client,
    protocol:
      client instanceof ClientV2 ? client.getNegotiatedProtocolVersion() : client.getServerCapabilities() && 'v1',
    stderr,
    listTools: () => client.listTools(),
    async call(name, args = {}, options = {}) {
      const result =
        client instanceof ClientV2
          ? await client.callTool({ name, arguments: args }, options)
          : await client.callTool({ name, arguments: args }, undefined, options);
      const [first] = result.content as { type: string; text: string }[];
      return { text: first?.text ?? '', isError: result.isError === true, structured: result.structuredContent };
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await end();
    },
  };
}
