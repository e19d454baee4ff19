import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSequenceApi } from '../../src/demo/sequence-api.ts';
import type { ApiAlias } from '../../src/sequence/response.ts';

/** A request that the upstream received. */
export interface Received {
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  /** Resolves when the response ends: true if the caller disconnected before. */
  readonly aborted: Promise<boolean>;
}

export interface Upstream extends AsyncDisposable {
  /** The value for SEQUENCE_API_URL, or a prefix of it. */
  readonly url: string;
  readonly received: Received[];
}

/** A real HTTP server on a free port of loopback. */
export async function listen(
  listener: RequestListener,
  tls?: { key: string; cert: string },
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A server that records its requests. */
export async function startUpstream(answer: RequestListener, tls?: { key: string; cert: string }): Promise<Upstream> {
  const received: Received[] = [];
  const server = await listen((request, response) => {
    received.push({
      url: new URL(request.url ?? '/', 'http://upstream'),
      headers: request.headers,
      aborted: new Promise((resolve) => response.on('close', () => resolve(!response.writableFinished))),
    });
    answer(request, response);
  }, tls);
  return { ...server, received };
}

const fold = (text: string) => text.toLowerCase();

/** Possible filters by value; Sequence does not document its own. All but `exact` ignore case. */
export const FILTERS = {
  exact: (value: string, wanted: string) => value === wanted,
  'case-insensitive': (value: string, wanted: string) => fold(value) === fold(wanted),
  prefix: (value: string, wanted: string) => fold(value).startsWith(fold(wanted)),
  substring: (value: string, wanted: string) => fold(value).includes(fold(wanted)),
  ignored: () => true,
};
export type ValueFilter = keyof typeof FILTERS;

export interface SequenceOptions {
  readonly aliases: readonly ApiAlias[];
  readonly filter?: ValueFilter;
  /** How to send a field without a value; Sequence's documents disagree. */
  readonly emptyFields?: 'absent' | 'null';
}

/** The in-memory Sequence API, behind a real socket. */
export function startSequence({ aliases, filter = 'exact', emptyFields }: SequenceOptions): Promise<Upstream> {
  const api = createSequenceApi(aliases, FILTERS[filter]);
  return startUpstream(async (request, response) => {
    const answer = await answerOf(api, request);
    send(response, emptyFields === 'null' && answer.status === 200 ? withNulls(answer) : answer);
  });
}

function withNulls(answer: Answer): Answer {
  const { items, pagination } = JSON.parse(answer.body.toString());
  const json = {
    items: items.map((item: object) => ({ label: null, archivedAt: null, deletedAt: null, ...item })),
    pagination: { after: null, before: null, ...pagination },
  };
  return { ...answer, body: Buffer.from(JSON.stringify(json)) };
}

/** A complete response. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** The response of an in-memory API to a request from a socket. */
export async function answerOf(
  api: (request: Request) => Response,
  { url = '/', method = 'GET', headers }: Pick<IncomingMessage, 'url' | 'method' | 'headers'>,
): Promise<Answer> {
  const request = new Request(`http://upstream${url}`, { method, headers: headers as Record<string, string> });
  const response = api(request);
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
}
