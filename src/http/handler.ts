import type { App } from '../app.ts';
import { detailOf } from '../errors.ts';
import { answerPreflight, createAccess, isPreflight, shareWith } from './access.ts';
import type { Authenticator } from './auth.ts';
import { type ReadBody, readMessage } from './body.ts';
import type { Ceiling } from './ceiling.ts';
import type { JsonLog, RequestRecord } from './log.ts';
import { type AnswerJson, answerMessage, describeMessage } from './mcp.ts';
import { asksForPage } from './page.ts';
import { createPlaces } from './places.ts';
import { problem } from './problem.ts';
import type { AnswerMetadata } from './resource-metadata.ts';

const MAX_CALLS_IN_PROGRESS = 256;
/** How much longer than its deadline a call may take: the time to write its answer. */
const ANSWER_MS = 5_000;

export interface HttpHandlerOptions {
  /** The endpoint's URL, as clients write it. */
  readonly url: string;
  readonly origins: readonly string[];
  readonly authenticate: Authenticator;
  /** Where access tokens are taken: tells anybody whose. */
  readonly answerMetadata?: AnswerMetadata | undefined;
  readonly ceiling: Ceiling;
  /** What a person's browser gets. */
  readonly page: () => Promise<Response>;
  readonly log: JsonLog;
  /** Whether new requests are welcome; `/readyz` says so. */
  readonly isReady?: () => boolean;
}

/** What a runtime brings beside a `Request`. */
export interface RequestContext {
  readonly readBody?: ReadBody;
  readonly answerJson?: AnswerJson;
}

export type HttpHandler = (request: Request, context?: RequestContext) => Promise<Response>;

type Exchange = { -readonly [Key in keyof RequestRecord]?: RequestRecord[Key] };

/**
 * The endpoint: health, then every check in DESIGN.md's order, then MCP. Knows no runtime, and nothing that waits is shared
 * between requests. Of a request's URL only the path counts; the host that was asked for is the `Host` header's.
 */
export function createHttpHandler(app: App, options: HttpHandlerOptions): HttpHandler {
  const {
    url,
    origins,
    authenticate,
    answerMetadata,
    ceiling,
    page,
    log,
    isReady = () => true,
  } = options;
  const access = createAccess(url, origins);
  const takePlace = createPlaces(MAX_CALLS_IN_PROGRESS, app.timeoutMs + ANSWER_MS);

  /** Fills in `exchange` as it learns of it. */
  async function answer(
    request: Request,
    path: string,
    context: RequestContext,
    exchange: Exchange,
  ): Promise<Response> {
    if (!access.isOwnHost(request.headers.get('host')))
      return problem(403, 'This host is not served here.');
    const origin = request.headers.get('origin');
    if (origin !== null && !access.isListedOrigin(origin))
      return problem(403, 'This origin may not call.');
    if (asksForPage(request, path)) return page();
    const metadata = answerMetadata?.(request, path);
    if (metadata) return metadata;
    if (path !== '/mcp' && path !== '/mcp/')
      return problem(404, 'There is nothing here; MCP is served at /mcp.');
    if (isPreflight(request)) return answerPreflight();

    const verdict = await authenticate(request);
    if (verdict.kind === 'refused')
      return problem(verdict.status, verdict.message, verdict.headers);
    exchange.caller = verdict.name;
    if (request.method !== 'POST')
      return problem(405, 'Only POST is served here.', { allow: 'POST' });
    const wait = await ceiling(verdict.name);
    if (wait > 0)
      return problem(429, `Too many calls: wait ${wait} s.`, { 'retry-after': String(wait) });

    const body = await readMessage(request, context.readBody);
    if ('refusal' in body) return body.refusal;
    Object.assign(exchange, describeMessage(body.message, app.toolNames));
    const { answerJson } = context;
    if (exchange.method !== 'tools/call')
      return answerMessage(app, request, body.message, () => {}, answerJson);
    const freePlace = takePlace();
    if (!freePlace)
      return problem(503, 'Too many calls are in progress: wait 5 s.', { 'retry-after': '5' });
    return whenOver(
      answerMessage(
        app,
        request,
        body.message,
        (record) => Object.assign(exchange, record),
        answerJson,
      ),
      freePlace,
    );
  }

  return async (request, context = {}) => {
    const path = new URL(request.url).pathname;
    if (path === '/healthz') return health(request, true);
    if (path === '/readyz') return health(request, isReady());
    const start = performance.now();
    const exchange: Exchange = {};
    const id = crypto.randomUUID();
    const answered = answer(request, path, context, exchange).catch((error: unknown) => {
      log.log('error', detailOf(error));
      return problem(500, 'Something failed inside this server; its log has the details.');
    });
    const response = await whenOver(answered, ({ status }) => {
      const ms = Math.round(performance.now() - start);
      // A call that is cut off ends after its answer.
      if (request.signal.aborted)
        Object.assign(exchange, { status: 499, ...(exchange.tool && { outcome: 'cancelled' }) });
      log.record({ id, status, ...exchange, ms });
    });
    const origin = request.headers.get('origin');
    if (origin !== null && access.isListedOrigin(origin)) shareWith(origin, response.headers);
    if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
    response.headers.set('x-request-id', id);
    return response;
  };
}

function health({ method }: Request, isWell: boolean): Response {
  if (method !== 'GET' && method !== 'HEAD')
    return problem(405, 'Only GET is served here.', { allow: 'GET, HEAD' });
  const headers = { 'cache-control': 'no-store' };
  return Response.json(
    { status: isWell ? 'ok' : 'draining' },
    { status: isWell ? 200 : 503, headers },
  );
}

/** The answer, telling once when it is over: at once, or with the end of its stream. */
async function whenOver(
  answered: Promise<Response>,
  tell: (response: Response) => void,
): Promise<Response> {
  let response: Response;
  try {
    response = await answered;
  } catch (error) {
    tell(problem(500, ''));
    throw error;
  }
  if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
    tell(response);
    return response;
  }
  const reader = response.body.getReader();
  let isOver = false;
  const over = (ending: () => void) => {
    // A stream that is cancelled while it is read ends twice.
    if (!isOver) tell(response);
    isOver = true;
    ending();
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) over(() => controller.close());
        else controller.enqueue(value);
      } catch (error) {
        over(() => controller.error(error));
      }
    },
    cancel: (reason) => over(() => void reader.cancel(reason)),
  });
  return new Response(body, { status: response.status, headers: response.headers });
}
