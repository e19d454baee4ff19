import {
  classifyInboundRequest,
  createMcpHandler,
  isJSONRPCRequest,
  type JSONRPCRequest,
  PerRequestHTTPServerTransport,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server';
import type { App, CallRecord } from '../app.ts';
import { answerOnce } from './one-answer.ts';
import { problem } from './problem.ts';

/** The methods of the protocol that clients send to a server of tools; others are not named in a log. */
const METHODS = new Set([
  'initialize',
  'ping',
  'server/discover',
  'tools/list',
  'tools/call',
  'subscriptions/listen',
  'notifications/initialized',
  'notifications/cancelled',
]);

/** What a message asks for, where the protocol or our list of tools has it: anything else is a client's own text. */
export function describeMessage(
  message: object,
  tools: readonly string[],
): { method?: string; tool?: string } {
  const { method, params } = message as { method?: unknown; params?: { name?: unknown } | null };
  if (typeof method !== 'string' || !METHODS.has(method)) return {};
  const tool = method === 'tools/call' ? tools.find((name) => name === params?.name) : undefined;
  return { method, ...(tool && { tool }) };
}

/** In an `Accept` header; with a quality of 0 it is what the client does not take. */
const EVENT_STREAM = /\btext\/event-stream\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;

/** Makes an answer of a JSON text. A runtime that can send one more cheaply than a `Response` does brings its own. */
export type AnswerJson = (content: string) => Response;

/**
 * Answers one message, in the protocol's era that it is written in, on a server of its own. The answer is one JSON object,
 * or an event stream where progress was asked for and the client accepts one; no other `Accept` matters. When the
 * request's signal aborts, so does the call.
 *
 * Legacy messages are not left to `createMcpHandler`: it answers them with event streams only, and refuses half of the
 * `Accept` headers that real clients send.
 */
export async function answerMessage(
  app: App,
  request: Request,
  message: object,
  onCall: (record: CallRecord) => void,
  answerJson: AnswerJson = (content) =>
    new Response(content, { headers: { 'content-type': 'application/json' } }),
): Promise<Response> {
  const streams = wantsProgress(message) && EVENT_STREAM.test(request.headers.get('accept') ?? '');
  const parsedBody = streams ? message : withoutProgress(message);
  const version = request.headers.get('mcp-protocol-version') ?? undefined;
  const route = classifyInboundRequest({
    httpMethod: 'POST',
    body: parsedBody,
    ...(version !== undefined && { protocolVersionHeader: version }),
  });
  if (route.kind === 'legacy') {
    if (version !== undefined && !SUPPORTED_PROTOCOL_VERSIONS.includes(version.trim())) {
      return problem(
        400,
        `This protocol version is not supported; ${SUPPORTED_PROTOCOL_VERSIONS.join(', ')} are.`,
      );
    }
    // A notification has nothing to tell a server that is made for each request, and neither has an answer.
    if (!isJSONRPCRequest(parsedBody)) return new Response(null, { status: 202 });
    return answerLegacy(app, request, parsedBody, streams, onCall, answerJson);
  }
  const handler = createMcpHandler(() => app.createServer(onCall), {
    legacy: 'reject',
    responseMode: streams ? 'sse' : 'auto',
  });
  const response = await handler.fetch(request, { parsedBody });
  // The list of tools never changes: a subscription is acknowledged and completed, where an open stream would hold a drain.
  if (route.kind === 'modern' && route.message.method === 'subscriptions/listen')
    await handler.close();
  return response;
}

async function answerLegacy(
  app: App,
  request: Request,
  message: JSONRPCRequest,
  streams: boolean,
  onCall: (record: CallRecord) => void,
  answerJson: AnswerJson,
): Promise<Response> {
  const server = app.createServer(onCall);
  try {
    if (!streams) return answerJson(await answerOnce(server, message, request.signal));
    const transport = new PerRequestHTTPServerTransport({
      classification: { era: 'legacy' },
      responseMode: 'sse',
    });
    await server.connect(transport);
    const response = await transport.handleMessage(message, { request });
    // The modern era maps some errors to statuses, which a legacy client takes for a broken transport.
    return response.status === 200
      ? response
      : new Response(response.body, { headers: response.headers });
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: 499 });
    throw error;
  }
}

interface WithMeta {
  readonly params: { readonly _meta: { readonly progressToken?: unknown } };
}

function wantsProgress(message: object): message is WithMeta {
  if (!('params' in message) || !isObject(message.params) || !('_meta' in message.params))
    return false;
  return isObject(message.params._meta) && 'progressToken' in message.params._meta;
}

/** The message of a client that could not be told of progress: an answer then stays one JSON object. */
function withoutProgress(message: object): object {
  if (!wantsProgress(message)) return message;
  const { progressToken: _, ...meta } = message.params._meta;
  return { ...message, params: { ...message.params, _meta: meta } };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
