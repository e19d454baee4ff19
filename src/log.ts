import { visible } from './text.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes one line; does nothing where the level is not wanted. */
export type Log = (level: LogLevel, message: string) => void;

/** A log of the wanted level and the more serious ones, as lines to `write` (stderr: stdout is the protocol's). */
export function createLog(wanted: LogLevel, write: (line: string) => void): Log {
  const rank = LOG_LEVELS.indexOf(wanted);
  return (level, message) => {
    // Escaped, so that text from elsewhere can neither forge a line nor steer a terminal.
    if (LOG_LEVELS.indexOf(level) <= rank) write(`${level}: ${visible(message)}\n`);
  };
}
