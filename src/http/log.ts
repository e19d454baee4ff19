import { LOG_LEVELS, type Log, type LogLevel } from '../log.ts';

/** One request to the endpoint and how it ended. It holds no text of the caller's. */
export interface RequestRecord {
  id: string;
  /** A token's name, a configured claim, or a hash of an access token's subject. */
  caller?: string;
  /** The trace id of a valid `traceparent`. */
  trace?: string;
  method?: string;
  tool?: string;
  /** Of a tool: its outcome or its kind of error. */
  outcome?: string;
  status: number;
  ms: number;
}

export interface JsonLog {
  readonly log: Log;
  readonly record: (record: RequestRecord) => void;
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
    record: (record) => writeIfWanted(levelOf(record.status), record),
  };
}

function levelOf(status: number): LogLevel {
  if (status >= 500) return 'error';
  // Scanners probe paths.
  if (status === 404) return 'debug';
  // Clients of an older SDK try GET once, and clients may hang up.
  return status >= 400 && status !== 405 && status !== 499 ? 'warn' : 'info';
}
