import { escapeInvisible } from './text.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes one line, if its level is wanted. */
export type Log = (level: LogLevel, message: string) => void;

/** The most characters of one message: a stack has 2,000. */
const MAX_LENGTH = 4_000;

/** A log of the wanted level and the more serious ones. `redact` takes the key out of a message. */
export function createLog(
  wanted: LogLevel,
  write: (line: string) => void,
  redact: (text: string) => string,
): Log {
  const rank = LOG_LEVELS.indexOf(wanted);
  return (level, message) => {
    // Escaped, so that text from elsewhere can neither forge a line nor steer a terminal.
    if (LOG_LEVELS.indexOf(level) <= rank)
      write(`${level}: ${escapeInvisible(redact(message).slice(0, MAX_LENGTH))}\n`);
  };
}
