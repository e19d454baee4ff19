import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { listenUrl, urlHost } from './config.ts';
import { errorResponse } from './errors.ts';

const MAX_CONNECTIONS = 1_000;
/** Requests in progress on one connection. */
const MAX_PIPELINED = 16;
/** Of headers and body together. */
const REQUEST_TIMEOUT_MS = 15_000;
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
  /** The requests in progress of each connection. */
  const connections = new Map<Socket, Set<IncomingMessage>>();

  const listener = getRequestListener(
    async (request, { incoming, outgoing }) => {
      const response = await handle(request);
      const http = outgoing as ServerResponse;
      // Else Deno and Node close the connection before the client sees this.
      if (!(incoming as IncomingMessage).complete) http.shouldKeepAlive = true;
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
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
    // Longer than a load balancer's 60 s: the balancer must close a connection first.
    keepAliveTimeout: 72_000,
    // Health checks may lack a Host.
    requireHostHeader: false,
  });
  // Bun ignores `maxConnections`.
  server.on('connection', (socket) => {
    if (connections.size >= MAX_CONNECTIONS) socket.destroy();
    else connections.set(socket, new Set());
    socket.on('close', () => connections.delete(socket));
  });
  server.on('request', (incoming, outgoing) => {
    const { socket } = incoming;
    const own = connections.get(socket)?.add(incoming);
    // The responses of a client that only sends would fill the memory.
    if (!own || own.size > MAX_PIPELINED) {
      socket.destroy();
      return;
    }
    // Otherwise a client that never reads would keep its connection open for ever.
    const timer = setTimeout(() => socket.destroy(), callMs + DELIVERY_MS);
    outgoing.on('close', () => {
      clearTimeout(timer);
      own.delete(incoming);
      // The headers may have promised keep-alive before the drain.
      if (!server.listening) closeIdle();
    });
    listener(incoming, outgoing);
  });
  const closeIf = (test: (requests: IncomingMessage[]) => boolean) => {
    for (const [socket, requests] of connections) if (test([...requests])) socket.destroy();
  };
  const closeIdle = () => closeIf((requests) => requests.length === 0);
  // After `close()`, Node does not limit the time of a body.
  const closeUnfinished = () => closeIf((requests) => requests.some(({ complete }) => !complete));

  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const reason = code === 'EADDRINUSE' ? `${code}, the port is in use` : (code ?? message);
      reject(new Error(`Cannot listen on ${urlHost(host)}:${port}: ${reason}.`));
    });
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
      const timer = setTimeout(closeUnfinished, REQUEST_TIMEOUT_MS);
      const sockets = [...connections.keys()];
      await Promise.all(sockets.map((socket) => new Promise((end) => socket.on('close', end))));
      clearTimeout(timer);
    },
  };
}
