import { LOG_LEVELS, type Log, type LogLevel } from '../log.ts';

/** One request to the endpoint and how it ended. Nothing in it was written by the caller. */
export interface RequestRecord {
  readonly id: string;
  readonly caller?: string | undefined;
  readonly method?: string | undefined;
  readonly tool?: string | undefined;
  /** Of a tool: its outcome or its kind of error. */
  readonly outcome?: string | undefined;
  readonly status: number;
  readonly ms: number;
}

export interface JsonLog {
  readonly log: Log;
  readonly record: (record: RequestRecord) => void;
  /** Writes a line of level `info`, whichever level is wanted. */
  readonly announce: (message: string) => void;
}

/**
 * A log of the wanted level and the more serious ones, as lines of JSON to `write`; those of requests to `writeRecord`,
 * where these may wait for others.
 */
export function createJsonLog(
  wanted: LogLevel,
  write: (line: string) => void,
  writeRecord: (line: string) => void = write,
): JsonLog {
  const rank = LOG_LEVELS.indexOf(wanted);
  const lineOf = (level: LogLevel, fields: object) =>
    `${JSON.stringify({ time: new Date().toISOString(), level, ...fields })}\n`;
  const isWanted = (level: LogLevel) => LOG_LEVELS.indexOf(level) <= rank;
  return {
    log: (level, message) => {
      if (isWanted(level)) write(lineOf(level, { message }));
    },
    announce: (message) => write(lineOf('info', { message })),
    record: (record) => {
      const level = levelOf(record.status);
      if (isWanted(level)) writeRecord(lineOf(level, record));
    },
  };
}

function levelOf(status: number): LogLevel {
  if (status >= 500) return 'error';
  // Strangers ask for every path there is.
  if (status === 404) return 'debug';
  // Each client of an older SDK tries GET once; one that hangs up is within its rights.
  return status >= 400 && status !== 405 && status !== 499 ? 'warn' : 'info';
}
