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
/** How much longer than a call a response may take to reach its client. */
const DELIVERY_MS = 15_000;

type Handler = (request: Request) => Response | Promise<Response>;

/**
 * Listens on Node, Bun and Deno alike, with `node:http`, which unlike their own servers limits the time
 * of headers and bodies. `createHandler` gets the endpoint's URL with the port that was taken. `callMs`
 * is the deadline of a call. Rejects in our words if the port cannot be had.
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
      // A Host that is no host makes no request.
      errorHandler: () => errorResponse(403, 'This host is not served here.'),
    },
  );

  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
    // Longer than the 60 s of a load balancer, which must be the one that closes a connection.
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
    // A reader that takes nothing would hold its connection for ever.
    const timer = setTimeout(() => socket.destroy(), callMs + DELIVERY_MS);
    outgoing.on('close', () => {
      clearTimeout(timer);
      own.delete(incoming);
      // The headers may have said keep-alive, before the drain.
      if (!server.listening) closeIdle();
    });
    listener(incoming, outgoing);
  });
  const closeIdle = () => {
    for (const [socket, { size }] of connections) if (size === 0) socket.destroy();
  };
  // After `close()`, Node no longer watches over the time of a body.
  const closeUnfinished = () => {
    const isLate = (requests: Set<IncomingMessage>) => [...requests].some((one) => !one.complete);
    for (const [socket, requests] of connections) if (isLate(requests)) socket.destroy();
  };

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
    /** Serves on for a while, accepts no more, and settles when the last response has left. */
    async drain(graceMs = 2_000) {
      draining = true;
      // A load balancer that has not noticed yet still sends.
      await new Promise((resolve) => setTimeout(resolve, graceMs));
      // Node would cut off a response that has ended and is still being read.
      server.closeIdleConnections = () => {};
      server.close();
      closeIdle();
      // Each of the others closes after its response, or when its time is over.
      const timer = setTimeout(closeUnfinished, REQUEST_TIMEOUT_MS);
      const sockets = [...connections.keys()];
      await Promise.all(sockets.map((socket) => new Promise((end) => socket.on('close', end))));
      clearTimeout(timer);
    },
  };
}
