import { isJsonContentType } from '@modelcontextprotocol/server';
import type { MiddlewareHandler } from 'hono';
import { Hono } from 'hono/tiny';
import type { App } from '../app.ts';
import { readBody } from '../body.ts';
import { detailOf } from '../errors.ts';
import { parseJson } from '../json.ts';
import { type Message, readMessage } from '../message.ts';
import type { Caller } from '../sequence/client.ts';
import type { Auth } from './auth/authenticate.ts';
import { type Callers, serveCall } from './callers.ts';
import type { EndpointConfig } from './config.ts';
import { errorResponse } from './errors.ts';
import { type JsonLog, type RequestRecord, recordRequest } from './log.ts';
import { describeMessage, serveMessage } from './mcp.ts';
import { checkHost, checkOrigin, refuseProxied } from './origin.ts';
import { respondWithPage } from './page/page.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** What an endpoint is made of, beside its configuration. */
export interface EndpointParts {
  /** The endpoint's URL, as clients write it. */
  readonly url: string;
  readonly auth: Auth;
  readonly callers: Callers;
  readonly log: JsonLog;
  /** Whether the customers are made up. */
  readonly demo?: boolean;
  /** Whether new requests are welcome, for `/readyz`. */
  readonly isReady?: () => boolean;
}

/** What the steps of one request hand on to the next. */
type Env = { Variables: { record: RequestRecord; caller: string; message: Message } };
type Step = MiddlewareHandler<Env>;

/** The endpoint: every route, and the order of its checks. Knows no runtime. */
export function createHttpApp(app: App, config: EndpointConfig, parts: EndpointParts): Hono<Env> {
  const { url, auth, callers, log, isReady = () => true } = parts;
  const isOpen = config.tokens.length === 0 && !config.oauth;
  const page = () => respondWithPage({ ...config, url, demo: parts.demo ?? false });
  const metadata = auth.resourceMetadata;
  const http = new Hono<Env>({ strict: false });

  http.onError((error) => {
    log.log('error', detailOf(error));
    return errorResponse(500, 'Something failed inside this server; its log has the details.');
  });
  http.notFound(() => errorResponse(404, 'Nothing is served here; MCP is at /mcp.'));

  http.get('/healthz', (c) => c.json({ status: 'ok' }));
  http.get('/readyz', (c) =>
    isReady() ? c.json({ status: 'ok' }) : c.json({ status: 'draining' }, 503),
  );
  for (const path of ['/healthz', '/readyz']) http.all(path, allow('GET, HEAD'));

  http.use(recordRequest(log));
  http.use(checkHost(url));
  if (isOpen) http.use(refuseProxied);
  http.use(checkOrigin(url, config.origins));

  http.get('/', () => page());
  http.get('/mcp', (c, next) => (wantsHtml(c.req.header('accept')) ? page() : next()));
  http.post('/register', () => auth.refuseRegistration());
  if (metadata) {
    for (const path of metadata.paths) {
      http.get(path, (c) => c.json(metadata.document, 200, METADATA_HEADERS));
      http.all(path, allow('GET, HEAD'));
    }
  }

  http.use('/mcp', authenticate(auth));
  http.on(OTHER_METHODS, '/mcp', allow('POST'));
  http.post('/mcp', readRequest(app.toolNames), (c) => {
    const message = c.get('message');
    const onCall = (outcome: string) => {
      c.get('record').outcome = outcome;
    };
    const serve = (caller?: Caller) =>
      serveMessage(() => app.createServer(caller, onCall), c.req.raw, message);
    if (message.method !== 'tools/call') return serve();
    return serveCall(callers, c.get('caller'), message, serve);
  });
  return http;
}

const METADATA_HEADERS = { 'cache-control': 'max-age=300', vary: 'Origin' };
const OTHER_METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

function authenticate(auth: Auth): Step {
  return async (c, next) => {
    const caller = await auth.authenticate(c.req.header('authorization'));
    if (caller instanceof Response) return caller;
    c.set('caller', caller);
    c.get('record').caller = caller;
    await next();
  };
}

function allow(methods: string): Step {
  return async () => errorResponse(405, `Only ${methods} is served here.`, { allow: methods });
}

/** Reads the message in the body, so that every refusal from here on can carry its id. */
function readRequest(tools: readonly string[]): Step {
  return async (c, next) => {
    const encoding = c.req.header('content-encoding') ?? 'identity';
    const isJson = isJsonContentType(c.req.header('content-type') ?? null);
    if (!isJson || encoding.toLowerCase() !== 'identity') {
      return errorResponse(415, 'Send JSON, uncompressed: Content-Type: application/json.');
    }
    const isLong = Number(c.req.header('content-length')) > MAX_BODY_BYTES;
    // A client may hang up while it sends.
    const body = isLong
      ? 'too large'
      : await readBody(c.req.raw.body, MAX_BODY_BYTES).catch(() => 'cut off' as const);
    if (body === 'too large') return errorResponse(413, `A body may have ${MAX_BODY_BYTES} bytes.`);
    if (typeof body === 'string') return errorResponse(400, `The body is ${body}.`);
    const inbound = readMessage(parseJson(body.text));
    if (inbound.kind === 'invalid') {
      return errorResponse(400, inbound.problem, {}, inbound.id, inbound.code);
    }
    c.set('message', inbound.message);
    const traceparent = c.req.header('traceparent');
    Object.assign(c.get('record'), describeMessage(inbound.message, tools, traceparent));
    await next();
  };
}

function wantsHtml(accept = ''): boolean {
  return /\btext\/html\b/i.test(accept);
}
