import { escapeInvisible } from './text.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes one line, if its level is enabled. */
export type Log = (level: LogLevel, message: string) => void;

/** Maximum characters of one message. A stack has about 2,000. */
const MAX_LENGTH = 4_000;

/** Writes the given level and more serious ones. `redact` removes the key from a message. */
export function createLog(
  wanted: LogLevel,
  write: (line: string) => void,
  redact: (text: string) => string,
): Log {
  const rank = LOG_LEVELS.indexOf(wanted);
  return (level, message) => {
    // Escaped, so that foreign text can neither forge a line nor control a terminal.
    if (LOG_LEVELS.indexOf(level) <= rank)
      write(`${level}: ${escapeInvisible(redact(message).slice(0, MAX_LENGTH))}\n`);
  };
}
