import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { listenUrl } from './config.ts';
import { errorResponse } from './errors.ts';

const MAX_CONNECTIONS = 1_000;
/** Time for a client to read a response, beyond the call's deadline. */
const DELIVERY_MS = 15_000;

type Handler = (request: Request) => Response | Promise<Response>;

/**
 * Listens on Node, Bun and Deno with `node:http`. Unlike their own servers, it limits the time of
 * headers and bodies. `createHandler` gets the endpoint's URL with the actual port. `callMs` is the
 * deadline of a call. Rejects with our own error if the port is unavailable.
 */
export async function listen(
  host: string,
  port: number,
  callMs: number,
  createHandler: (url: string, isReady: () => boolean) => Handler,
) {
  let draining = false;
  let handle: Handler = () => errorResponse(503, 'The server is starting.');
  const connections = new Set<Socket>();
  const inProgress = new Set<IncomingMessage>();

  const listener = getRequestListener(
    async (request, { outgoing }) => {
      const response = await handle(request);
      // With an unread body, Deno and Node close the connection before the response arrives.
      const http = outgoing as ServerResponse;
      http.shouldKeepAlive = true;
      if (draining) http.setHeader('connection', 'close');
      return response;
    },
    {
      hostname: 'missing.invalid',
      overrideGlobalObjects: false,
      // An invalid Host makes no valid URL.
      errorHandler: () => errorResponse(403, 'This host is not served here.'),
    },
  );

  const server = createServer({
    headersTimeout: 10_000,
    // Headers and body together.
    requestTimeout: 15_000,
    connectionsCheckingInterval: 1_000,
    // Longer than a load balancer's 60 s: the balancer must close a connection first.
    keepAliveTimeout: 72_000,
    // Health checks may lack a Host.
    requireHostHeader: false,
  });
  // Bun ignores `maxConnections`.
  server.on('connection', (socket) => {
    if (connections.size >= MAX_CONNECTIONS) socket.destroy();
    else connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  server.on('request', (incoming, outgoing) => {
    // Otherwise a client that never reads would keep its connection open for ever.
    const timer = setTimeout(() => incoming.socket.destroy(), callMs + DELIVERY_MS);
    inProgress.add(incoming);
    outgoing.on('close', () => {
      clearTimeout(timer);
      inProgress.delete(incoming);
      // The headers may have promised keep-alive before the drain.
      if (!server.listening) closeIdle();
    });
    listener(incoming, outgoing);
  });
  const closeIdle = () => {
    const busy = new Set([...inProgress].map(({ socket }) => socket));
    for (const socket of connections) if (!busy.has(socket)) socket.destroy();
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      reject(new Error(`Cannot listen on HOST and PORT: ${code ?? message}.`)),
    );
    server.listen(port, host, resolve);
  });
  const url = listenUrl(host, (server.address() as AddressInfo).port);
  handle = createHandler(url, () => !draining);

  return {
    url,
    /** Serves a grace period, then stops accepting. Settles when the last response is sent. */
    async drain(graceMs = 2_000) {
      draining = true;
      // A load balancer may still send requests until its next health check.
      await new Promise((resolve) => setTimeout(resolve, graceMs));
      // Node would cut off a response that is complete but not yet read.
      server.closeIdleConnections = () => {};
      server.close();
      closeIdle();
      // The other connections close after their response or timeout.
      const ends = [...connections].map((socket) => new Promise((end) => socket.on('close', end)));
      await Promise.all(ends);
    },
  };
}
