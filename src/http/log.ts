import type { MiddlewareHandler } from 'hono';
import { LOG_LEVELS, type LogLevel } from '../log.ts';
import type { Message } from '../message.ts';

/** The log's fields of one request, without any text of the caller's. */
export interface RequestRecord {
  readonly id: string;
  /** A token's name, a configured claim, or a hash of an access token's subject. */
  caller?: string;
  method?: string | undefined;
  tool?: string | undefined;
  /** The trace id of a valid `traceparent`. */
  trace?: string | undefined;
  /** A tool call's outcome, or the kind of its error. */
  outcome?: string;
}

export type Logged = { Variables: { record: RequestRecord } };

/** A `Log` that also takes fields. */
export type JsonLog = (level: LogLevel, line: string | object) => void;

/** Writes the given level and more serious ones as lines of JSON. */
export function createJsonLog(
  wanted: LogLevel,
  write: (line: string) => void,
  redact: (text: string) => string,
): JsonLog {
  return (level, line) => {
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(wanted)) return;
    const fields = typeof line === 'string' ? { message: line } : line;
    const json = JSON.stringify({ time: new Date().toISOString(), level, ...fields });
    write(`${redact(json)}\n`);
  };
}

/** Gives a request its id and its record, and logs the record when the response ends. */
export function logRequest(log: JsonLog): MiddlewareHandler<Logged> {
  return async (c, next) => {
    const startedAt = performance.now();
    const trace = traceIdOf(c.req.header('traceparent'));
    const record: RequestRecord = { id: crypto.randomUUID(), trace };
    c.set('record', record);
    await next();
    const { headers, status } = c.res;
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    headers.set('x-request-id', record.id);
    c.res = onResponseEnd(c.res, () => {
      const isGone = c.req.raw.signal.aborted;
      const logged = isGone ? 499 : status;
      if (isGone && record.tool) record.outcome = 'cancelled';
      const ms = Math.round(performance.now() - startedAt);
      log(levelOf(logged), { ...record, status: logged, ms });
    });
  };
}

function levelOf(status: number): LogLevel {
  if (status >= 500) return 'error';
  // Scanners probe paths.
  if (status === 404) return 'debug';
  // Clients of an older SDK try GET once, and clients may disconnect.
  return status >= 400 && status !== 405 && status !== 499 ? 'warn' : 'info';
}

/** Methods that the log may name. Any other name is a client's text. */
const METHODS: readonly string[] = [
  ...['initialize', 'notifications/initialized', 'notifications/cancelled', 'ping'],
  ...['tools/list', 'tools/call', 'server/discover', 'subscriptions/listen'],
];

/** Records a message's method and tool, if they are known names. */
export function recordMessage(
  record: RequestRecord,
  { method, params }: Message,
  tools: readonly string[],
): void {
  record.method = METHODS.find((known) => known === method);
  // Only tool calls have a name.
  record.tool = tools.find((name) => name === params?.['name']);
  record.trace = traceIdOf(params?._meta?.['traceparent']) ?? record.trace;
}

/** The trace id of a valid W3C `traceparent`, 32 hex digits that are not all zero. */
function traceIdOf(traceparent: unknown): string | undefined {
  const parts = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;
  return typeof traceparent === 'string' ? parts.exec(traceparent)?.[1] : undefined;
}

/** The response, with `end` called once it is complete: now, or at the end of its stream. */
export function onResponseEnd(response: Response, end: () => void): Response {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  if (!response.body || !isStream) {
    end();
    return response;
  }
  const { readable, writable } = new TransformStream();
  // Rejects if the client disconnects, which also ends the response.
  response.body.pipeTo(writable).then(end, end);
  return new Response(readable, response);
}
