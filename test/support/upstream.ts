import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSequenceApi, type SequenceApiOptions } from '../../src/demo/sequence-api.ts';

/** A request as it reached the upstream. */
export interface Received {
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  /** Settles when the caller hangs up or is answered; true if it hung up. */
  readonly aborted: Promise<boolean>;
}

export interface Upstream extends AsyncDisposable {
  /** To be given as SEQUENCE_API_URL, or continued with a path. */
  readonly url: string;
  readonly received: readonly Received[];
}

/** A real HTTP server on loopback that records what reaches it. */
export async function startUpstream(answer: RequestListener, tls?: { key: string; cert: string }): Promise<Upstream> {
  const received: Received[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    received.push({
      url: new URL(request.url ?? '/', 'http://upstream'),
      headers: request.headers,
      aborted: new Promise((resolve) => response.on('close', () => resolve(!response.writableFinished))),
    });
    answer(request, response);
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The in-memory Sequence API, behind a real socket. */
export function startSequence(options: SequenceApiOptions): Promise<Upstream> {
  const api = createSequenceApi(options);
  return startUpstream((request, response) => void answerWith(api, request, response));
}

/** Answers a Node request with what a `Request` to `Response` function says. */
export async function answerWith(
  api: (request: Request) => Response,
  { url, method = 'GET', headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = api(
    new Request(new URL(url ?? '/', 'http://upstream').href, { method, headers: headers as Record<string, string> }),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}
