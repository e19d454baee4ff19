import type { MiddlewareHandler } from 'hono';
import { LOG_LEVELS, type Log, type LogLevel } from '../log.ts';

/** What a log tells of one request. It holds no text of the caller's. */
export interface RequestRecord {
  readonly id: string;
  /** A token's name, a configured claim, or a hash of an access token's subject. */
  caller?: string;
  /** The trace id of a valid `traceparent`. */
  trace?: string;
  method?: string;
  tool?: string;
  /** Of a tool: its outcome or its kind of error. */
  outcome?: string;
}

export interface JsonLog {
  readonly log: Log;
  /** Writes the line of a request that ended with this status after `ms` milliseconds. */
  readonly record: (record: RequestRecord, status: number, ms: number) => void;
  /** Writes a line of level `info`, whichever level is wanted. */
  readonly announce: (message: string) => void;
}

/** A log of the wanted level and the more serious ones, as lines of JSON to `write`. */
export function createJsonLog(
  wanted: LogLevel,
  write: (line: string) => void,
  redact: (text: string) => string,
): JsonLog {
  const rank = LOG_LEVELS.indexOf(wanted);
  const writeLine = (level: LogLevel, fields: object) => {
    const line = JSON.stringify({ time: new Date().toISOString(), level, ...fields });
    write(`${redact(line)}\n`);
  };
  const writeIfWanted = (level: LogLevel, fields: object) => {
    if (LOG_LEVELS.indexOf(level) <= rank) writeLine(level, fields);
  };
  return {
    log: (level, message) => writeIfWanted(level, { message }),
    announce: (message) => writeLine('info', { message }),
    record: (record, status, ms) => writeIfWanted(levelOf(status), { ...record, status, ms }),
  };
}

function levelOf(status: number): LogLevel {
  if (status >= 500) return 'error';
  // Scanners probe paths.
  if (status === 404) return 'debug';
  // Clients of an older SDK try GET once, and clients may hang up.
  return status >= 400 && status !== 405 && status !== 499 ? 'warn' : 'info';
}

/** Gives a request its id, and writes its line to the log when its response has ended. */
export function recordRequest({
  record: write,
}: JsonLog): MiddlewareHandler<{ Variables: { record: RequestRecord } }> {
  return async (c, next) => {
    const startedAt = performance.now();
    const record: RequestRecord = { id: crypto.randomUUID() };
    c.set('record', record);
    await next();
    const { headers, status } = c.res;
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    headers.set('x-request-id', record.id);
    c.res = onResponseEnd(c.res, () => {
      const isGone = c.req.raw.signal.aborted;
      if (isGone && record.tool) record.outcome = 'cancelled';
      write(record, isGone ? 499 : status, Math.round(performance.now() - startedAt));
    });
  };
}

/** The response, with `end` called once when it is over: at once, or at the end of its stream. */
export function onResponseEnd(response: Response, end: () => void): Response {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  if (!response.body || !isStream) {
    end();
    return response;
  }
  const { readable, writable } = new TransformStream();
  // Rejects if the client goes away, which is an end too.
  response.body.pipeTo(writable).then(end, end);
  return new Response(readable, response);
}
