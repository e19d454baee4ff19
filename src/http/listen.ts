import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MAX_BODY_BYTES, type ReadBody } from './body.ts';
import { endpointUrl } from './config.ts';
import { ConnectionGate } from './gate.ts';
import type { HttpHandler } from './handler.ts';
import { answerJson, KeptAnswer } from './kept-answer.ts';
import { problem } from './problem.ts';

const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than the 60 s for which a load balancer keeps a connection: it must be the one that closes it. */
const KEEP_ALIVE_MS = 72_000;
const MAX_CONNECTIONS = 1_000;
/** For how long after a drain begins a load balancer may still send. */
const GRACE_MS = 2_000;
/** For how long the rest of a body that nobody wants is taken: closed at once, its sender might not see the answer. */
const LINGER_MS = 2_000;

export interface Listener {
  /** Where it listens, `/mcp`. */
  readonly url: string;
  /** Goes on for a while, takes no more, and settles when every answer has left. */
  readonly drain: () => Promise<void>;
}

/**
 * Listens on Node, Bun and Deno alike: their own servers have no limit on the time of headers and bodies, `node:http` has,
 * on all three. `createHandler` gets the URL with the port that was taken. Rejects where the port cannot be had.
 */
export async function listen(
  host: string,
  port: number,
  createHandler: (url: string, isReady: () => boolean) => HttpHandler,
): Promise<Listener> {
  const gate = new ConnectionGate(MAX_CONNECTIONS);
  const active = new Set<ServerResponse>();
  let draining = false;
  let handler: HttpHandler = async () => new Response(null, { status: 503 });

  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    // A net for what the handler's own limit does not see.
    requestTimeout: 3 * HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A request without a Host is answered by the handler, health paths among them.
    requireHostHeader: false,
  });
  server.on('connection', (socket) => gate.enter(socket));
  server.on('request', async (incoming, outgoing) => {
    active.add(outgoing);
    const { socket } = incoming;
    gate.beginRequest(socket);
    const hangUp = new AbortController();
    outgoing.on('close', () => {
      active.delete(outgoing);
      gate.endRequest(socket);
      if (!outgoing.writableFinished) hangUp.abort();
    });
    try {
      await gate.turnOf(socket);
      const request = toRequest(incoming, hangUp.signal);
      const response = request
        ? await handler(request, { readBody: bodyOf(incoming), answerJson })
        : problem(405, 'Only POST is served here.');
      await send(response, incoming, outgoing, draining || gate.isFull);
    } catch {
      // The handler answers its own errors, so the connection is what failed.
      outgoing.destroy();
    }
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const url = endpointUrl(host, (server.address() as AddressInfo).port);
  handler = createHandler(url, () => !draining);

  return {
    url,
    async drain() {
      draining = true;
      await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
      server.close();
      server.closeIdleConnections();
      for (const outgoing of active) await new Promise((resolve) => outgoing.on('close', resolve));
    },
  };
}

/** Nothing where there is no such request. */
function toRequest(
  { method = 'GET', url = '/', rawHeaders }: IncomingMessage,
  signal: AbortSignal,
): Request | undefined {
  const headers: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  // An absolute URL names the host that is asked for, whatever the header says (RFC 9112, section 3.2.2).
  const absolute = url.startsWith('/') || !URL.canParse(url) ? undefined : new URL(url);
  const path = absolute ? absolute.pathname : url.replace(/[?#].*/s, '');
  try {
    const fields = new Headers(headers);
    if (absolute) fields.set('host', absolute.host);
    const parts = {
      url: `http://endpoint${path.startsWith('/') ? path : '/'}`,
      method,
      headers: fields,
      signal,
    };
    // The constructor would copy these, and follow the signal with another one, which takes more time than to read the body.
    return Object.create(Request.prototype, Object.getOwnPropertyDescriptors(parts));
  } catch {
    // Fetch knows neither CONNECT nor TRACE.
    return undefined;
  }
}

function bodyOf(incoming: IncomingMessage): ReadBody {
  return (maxBytes) =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= maxBytes) chunks.push(chunk);
        else resolve({ tooLarge: true });
      });
      incoming.on('end', () =>
        resolve({ tooLarge: false, text: Buffer.concat(chunks).toString() }),
      );
      incoming.on('error', reject);
      incoming.on('close', () => reject(new Error('The connection was closed.')));
    });
}

async function send(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  closes: boolean,
): Promise<void> {
  const length = Number(
    incoming.headers['transfer-encoding'] ? Infinity : (incoming.headers['content-length'] ?? 0),
  );
  const isUnread = !incoming.complete && (length > MAX_BODY_BYTES || response.status === 408);
  for (const [name, value] of response.headers)
    if (name !== 'connection') outgoing.setHeader(name, value);
  // Only closing ends a body that is long, or late.
  if (closes || isUnread) outgoing.setHeader('connection', 'close');
  outgoing.statusCode = response.status;
  if (response.headers.get('content-type')?.startsWith('text/event-stream') && response.body) {
    return pump(response.body, outgoing);
  }
  const body =
    response instanceof KeptAnswer
      ? Buffer.from(response.content)
      : Buffer.from(await response.arrayBuffer());
  if (response.status !== 204) outgoing.setHeader('content-length', body.length);
  incoming.resume();
  if (!isUnread) {
    outgoing.end(body);
    return;
  }
  outgoing.write(body);
  const end = () => {
    clearTimeout(timer);
    outgoing.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  incoming.on('end', end).on('close', end);
}

/** Writes a stream as fast as it is taken. A reader that goes away ends the stream. */
async function pump(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  outgoing.on('close', () => void reader.cancel().catch(() => {}));
  outgoing.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!outgoing.write(value))
      await new Promise((resolve) => outgoing.once('drain', resolve).once('close', resolve));
  }
  outgoing.end();
}
