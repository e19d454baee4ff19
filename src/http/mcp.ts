import {
  classifyInboundRequest,
  createMcpHandler,
  isJSONRPCRequest,
  type JSONRPCRequest,
  type McpServer,
  PerRequestHTTPServerTransport,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server';
import { errorResponse } from './errors.ts';

const MODERN_VERSION = '2026-07-28';

/** In an `Accept` header. With a quality of 0 the client refuses it. */
const EVENT_STREAM = /\btext\/event-stream\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;

/**
 * Answers one message on a server of its own, in the protocol era in which it is written. The response is
 * one JSON object, or an event stream once progress is reported and if the client accepts one. Any other
 * `Accept` is fine: `createMcpHandler` would refuse half of those that legacy clients send. The call ends
 * when the request's signal aborts.
 */
export async function serveMessage(
  createServer: () => McpServer,
  request: Request,
  message: object,
): Promise<Response> {
  const version = request.headers.get('mcp-protocol-version')?.trim() || undefined;
  const streams = EVENT_STREAM.test(request.headers.get('accept') ?? '');
  const parsedBody = streams ? message : withoutProgressToken(message);
  const route = classifyInboundRequest({
    httpMethod: 'POST',
    body: parsedBody,
    ...(version !== undefined && { protocolVersionHeader: version }),
  });
  if (route.kind === 'legacy') {
    const versions = [...SUPPORTED_PROTOCOL_VERSIONS, MODERN_VERSION];
    if (version !== undefined && !versions.includes(version)) {
      const supported = versions.join(', ');
      return errorResponse(
        400,
        `This protocol version is not supported; ${supported} are.`,
        {},
        idOf(message),
      );
    }
    // A server that is made for one request has no use for a notification or a response.
    if (!isJSONRPCRequest(parsedBody)) return new Response(null, { status: 202 });
    return serveLegacy(createServer(), request, parsedBody);
  }
  const handler = createMcpHandler(createServer, { legacy: 'reject' });
  const response = await handler.fetch(request, { parsedBody });
  // The list of tools never changes. An open stream would only delay a drain.
  if (route.kind === 'modern' && route.message.method === 'subscriptions/listen') {
    await handler.close();
  }
  return response;
}

async function serveLegacy(
  server: McpServer,
  request: Request,
  message: JSONRPCRequest,
): Promise<Response> {
  const transport = new PerRequestHTTPServerTransport({ classification: { era: 'legacy' } });
  try {
    await server.connect(transport);
    const response = await transport.handleMessage(message, { request });
    // The SDK maps some errors to statuses, which a legacy client takes for a broken transport.
    return response.ok ? response : new Response(response.body, { headers: response.headers });
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: 499 });
    throw error;
  }
}

/** The id of a message that is a request. */
export function idOf(message: object): string | number | undefined {
  const id = 'id' in message && 'method' in message ? message.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/** A client that takes no stream cannot be told of progress. */
function withoutProgressToken(message: object): object {
  const { params } = message as { params?: { _meta?: { progressToken?: unknown } } };
  if (params?._meta?.progressToken === undefined) return message;
  const { progressToken: _, ...meta } = params._meta;
  return { ...message, params: { ...params, _meta: meta } };
}

/** Methods that clients send to a server of tools. A log names no others: they are a client's text. */
const METHODS: readonly string[] = [
  ...['initialize', 'ping', 'server/discover', 'tools/list', 'tools/call'],
  ...['subscriptions/listen', 'notifications/initialized', 'notifications/cancelled'],
];

/** The words of a message that are the protocol's or ours, for the log. */
export function describeMessage(
  message: object,
  tools: readonly string[],
  traceparentHeader: string | undefined,
): { method?: string; tool?: string; trace?: string } {
  const { method, params } = message as {
    method?: unknown;
    params?: { name?: unknown; _meta?: { traceparent?: unknown } };
  };
  const known = METHODS.find((name) => name === method);
  const tool = known === 'tools/call' && tools.find((name) => name === params?.name);
  const trace = traceIdOf(params?._meta?.traceparent) ?? traceIdOf(traceparentHeader);
  return { ...(known && { method: known }), ...(tool && { tool }), ...(trace && { trace }) };
}

/** The trace id of a valid W3C `traceparent`, 32 hex digits that are not all zero. */
function traceIdOf(traceparent: unknown): string | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const parts = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}/;
  return parts.exec(traceparent)?.[1];
}
