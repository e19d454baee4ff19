/** What went wrong, sorted by who can act on it. The README's table says what each means to people. */
export type ErrorKind =
  | 'configuration'
  | 'authentication'
  | 'invalid_request'
  | 'rate_limited'
  | 'unavailable'
  | 'timeout'
  | 'unexpected_response';

/**
 * A call that failed, in words of ours for a model to read: what happened, then what to do and who does
 * it. No text from upstream, the environment or a runtime goes into it unchecked, and no other error is
 * kept as its cause: an HTTP library's error holds the request, and the request holds the key.
 */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly kind: ErrorKind;
  readonly happened: string;

  constructor(kind: ErrorKind, happened: string, remedy: string) {
    super(`${happened} ${remedy}`);
    this.kind = kind;
    this.happened = happened;
  }
}

export const TRY_LATER = 'Try again later; this says nothing about whether the alias exists.';
export const TRY_SMALLER = 'Try again later, or with a smaller limit where there is one.';
export const TRY_ONCE_MORE =
  'Nothing in your request caused this; try once more, and tell the person if it goes on.';

/** The kind that a log or a model is told. What is not a `CallError` is our own bug. */
export function kindOf(error: unknown): ErrorKind | 'internal_error' {
  return error instanceof CallError ? error.kind : 'internal_error';
}

/** The text that a model reads for any error. The detail of a bug goes to the log alone. */
export function describeError(error: unknown): string {
  if (error instanceof CallError) return `${error.kind}: ${error.message}`;
  return 'internal_error: Something failed inside this MCP server; this is a bug in it, not in your request. Tell the person that its standard error has the details.';
}

/** For the log: where an unexpected error was thrown, and what it says. */
export function detailOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
