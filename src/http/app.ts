import { isJsonContentType } from '@modelcontextprotocol/server';
import { Hono } from 'hono/tiny';
import type { App } from '../app.ts';
import { readBody } from '../body.ts';
import { detailOf } from '../errors.ts';
import { parseJson } from '../json.ts';
import { type Message, readMessage, refuse } from '../message.ts';
import type { Caller } from '../sequence/client.ts';
import type { Auth } from './auth/authenticate.ts';
import { type Callers, serveCall } from './callers.ts';
import type { HttpConfig } from './config.ts';
import { errorResponse } from './errors.ts';
import { type JsonLog, type Logged, logRequest, recordMessage } from './log.ts';
import { serveMessage } from './mcp.ts';
import { checkHost, checkOrigin, refuseProxied } from './origin.ts';
import { respondWithPage } from './page/page.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** The parts of an endpoint. */
export interface Endpoint {
  readonly app: App;
  readonly config: HttpConfig;
  /** The public URL, as clients use it. */
  readonly url: string;
  readonly auth: Auth;
  readonly callers: Callers;
  readonly log: JsonLog;
  /** Whether the customers are made up. */
  readonly demo?: boolean;
  /** Whether the server takes new requests, for `/readyz`. */
  readonly isReady?: () => boolean;
}

/** The endpoint: every route and the order of its checks, independent of a runtime. */
export function createHttpApp(endpoint: Endpoint): Hono<Logged> {
  const { app, config, url, auth, callers, log, demo = false, isReady = () => true } = endpoint;
  const metadata = auth.resourceMetadata;
  const page = () => respondWithPage({ ...config, url, demo });
  const http = new Hono<Logged>({ strict: false });

  http.onError((error) => {
    log('error', detailOf(error));
    return errorResponse(500, 'Something failed inside this server; its log has the details.');
  });
  http.notFound(() => errorResponse(404, 'Nothing is served here; MCP is at /mcp.'));

  // Load balancers send any Host or none, and too often to be logged.
  http.get('/healthz', (c) => c.json(OK)).all(getOnly);
  http.get('/readyz', (c) => (isReady() ? c.json(OK) : c.json(DRAINING, 503))).all(getOnly);

  http.use(logRequest(log));
  http.use(checkHost(url));
  if (config.tokens.length === 0 && !config.oauth) http.use(refuseProxied);
  http.use(checkOrigin(url, config.origins));

  // People, and clients without a token, need these.
  http.get('/', page);
  http.get('/mcp', (c, next) => (HTML.test(c.req.header('accept') ?? '') ? page() : next()));
  http.post('/register', () => auth.refuseRegistration());
  for (const path of metadata?.paths ?? []) {
    http.get(path, (c) => c.json(metadata?.document, 200, METADATA_HEADERS)).all(getOnly);
  }

  http.all('/mcp', async (c) => {
    const record = c.get('record');
    const caller = await auth.authenticate(c.req.header('authorization'));
    if (caller instanceof Response) return caller;
    record.caller = caller;
    if (c.req.method !== 'POST') return refuseMethod('POST');
    const message = await readRequest(c.req.raw);
    if (message instanceof Response) return message;
    recordMessage(record, message, app.toolNames);

    const onCall = (outcome: string) => {
      record.outcome = outcome;
    };
    const serve = (limited?: Caller) =>
      serveMessage(() => app.createServer(limited, onCall), c.req.raw, message);
    if (!('id' in message) || message.method !== 'tools/call') return serve();
    return serveCall(callers, caller, message.id, serve);
  });
  return http;
}

const OK = { status: 'ok' };
const DRAINING = { status: 'draining' };
const HTML = /\btext\/html\b/i;
const METADATA_HEADERS = { 'cache-control': 'max-age=300', vary: 'Origin' };

const refuseMethod = (allow: string) =>
  errorResponse(405, `Only ${allow} is served here.`, { allow });
const getOnly = () => refuseMethod('GET, HEAD');

/** Reads the message in a body, or refuses it. From here on refusals carry the message's id. */
async function readRequest({ headers, body }: Request): Promise<Message | Response> {
  const isTooLong = Number(headers.get('content-length')) > MAX_BODY_BYTES;
  // A client may disconnect while it sends.
  const cutOff = () => 'cut off' as const;
  const read = isTooLong ? 'too large' : await readBody(body, MAX_BODY_BYTES).catch(cutOff);
  if (read === 'too large') return errorResponse(413, `A body may have ${MAX_BODY_BYTES} bytes.`);
  if (read === 'cut off') return errorResponse(400, 'The body is cut off.');
  const value = parseJson(read.text);
  const { id } = refuse(value, '', 0);
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (!isJsonContentType(headers.get('content-type')) || encoding.toLowerCase() !== 'identity') {
    const why = 'Send JSON, uncompressed: Content-Type: application/json.';
    return errorResponse(415, why, {}, id);
  }
  if (!read.isUtf8) return errorResponse(400, 'The body is not UTF-8.', {}, id);
  const inbound = readMessage(value);
  if (inbound.kind === 'message') return inbound.message;
  return errorResponse(400, inbound.problem, {}, inbound.id, inbound.code);
}
