import {
  classifyInboundRequest,
  createMcpHandler,
  INVALID_REQUEST,
  type McpServer,
  PerRequestHTTPServerTransport,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server';
import type { Message } from '../message.ts';
import { errorResponse } from './errors.ts';

const VERSIONS = [...SUPPORTED_PROTOCOL_VERSIONS, '2026-07-28'];

/** Matches an event stream in `Accept`, unless its quality is 0. */
const EVENT_STREAM = /\btext\/event-stream\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;

/**
 * Answers one message on its own server, in the message's protocol era. The response is one JSON
 * object, or an event stream once there is progress and if the client accepts one. Any other
 * `Accept` is fine, but `createMcpHandler` refuses half of those that legacy clients send.
 */
export async function serveMessage(
  createServer: () => McpServer,
  request: Request,
  message: Message,
): Promise<Response> {
  // Without an event stream a client cannot get progress.
  const takesStream = EVENT_STREAM.test(request.headers.get('accept') ?? '');
  if (!takesStream) delete message.params?._meta?.progressToken;
  const version = request.headers.get('mcp-protocol-version')?.trim();
  const header = version ? { protocolVersionHeader: version } : {};
  const route = classifyInboundRequest({ httpMethod: 'POST', body: message, ...header });

  if (route.kind !== 'legacy') {
    const handler = createMcpHandler(createServer, { legacy: 'reject' });
    const response = await handler.fetch(request, { parsedBody: message });
    // The list of tools never changes, so an open stream would only delay a drain.
    if (message.method === 'subscriptions/listen') await handler.close();
    return response;
  }
  if (version && !VERSIONS.includes(version)) {
    const why = `This protocol version is not supported; ${VERSIONS.join(', ')} are.`;
    return errorResponse(400, why, {}, 'id' in message ? message.id : undefined, INVALID_REQUEST);
  }
  // A server for one request ignores notifications.
  if (!('id' in message)) return new Response(null, { status: 202 });
  const transport = new PerRequestHTTPServerTransport({ classification: { era: 'legacy' } });
  try {
    await createServer().connect(transport);
    const response = await transport.handleMessage(message, { request });
    // The SDK maps some errors to statuses that legacy clients read as a broken transport.
    return response.ok ? response : new Response(response.body, { headers: response.headers });
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: 499 });
    throw error;
  }
}
