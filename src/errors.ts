/** Kinds of error, sorted by who can act on them. README.md's table explains each to people. */
export type ErrorKind =
  | 'configuration'
  | 'authentication'
  | 'invalid_request'
  | 'rate_limited'
  | 'unavailable'
  | 'timeout'
  | 'unexpected_response';

/**
 * A failed call, in our own words for a model: what happened, what to do, and who does it. It holds
 * no unchecked text from upstream, the environment or a runtime. It has no `cause`: an HTTP
 * library's error holds the request, and the request holds the key.
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

/** The kind for a log or a model. Any error but a `CallError` is our own bug. */
export function kindOf(error: unknown): ErrorKind | 'internal_error' {
  return error instanceof CallError ? error.kind : 'internal_error';
}

/** The text of any error for a model. The details of a bug go to the log alone. */
export function describeError(error: unknown): string {
  if (error instanceof CallError) return `${error.kind}: ${error.message}`;
  return 'internal_error: Something failed inside this MCP server; this is a bug in it, not in your request. Tell the person that its standard error has the details.';
}

/** The stack of an unexpected error, for the log. */
export function detailOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
