import { isJsonContentType, readRequestBody } from '@modelcontextprotocol/server';
import { problem } from './problem.ts';

/** The longest body that is read. */
export const MAX_BODY_BYTES = 64 * 1024;
const BODY_TIMEOUT_MS = 15_000;
/** JSON that goes deeper breaks what serialises it again; a message of the protocol has a tenth of this. */
const MAX_DEPTH = 64;

/** Reads a body up to a number of bytes. A runtime whose own stream is cheaper than a `Request`'s brings its own. */
export type ReadBody = (
  maxBytes: number,
) => Promise<{ tooLarge: true } | { tooLarge: false; text: string }>;

/** The message in a request's body, or the answer that says why there is none. */
export async function readMessage(
  request: Request,
  readBody: ReadBody = (maxBytes) => readRequestBody(request, maxBytes),
): Promise<{ message: object } | { refusal: Response }> {
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (
    !isJsonContentType(request.headers.get('content-type')) ||
    encoding.toLowerCase() !== 'identity'
  ) {
    return { refusal: problem(415, 'Send JSON, uncompressed: Content-Type: application/json.') };
  }
  if (Number(request.headers.get('content-length')) > MAX_BODY_BYTES)
    return { refusal: tooLarge() };
  // A client that hangs up while it sends is no failure of ours.
  const body = await withinTime(readBody(MAX_BODY_BYTES)).catch(() => 'cut off' as const);
  if (body === 'cut off') return { refusal: problem(400, 'The body was cut off.') };
  if (body === undefined)
    return { refusal: problem(408, `The body took longer than ${BODY_TIMEOUT_MS / 1_000} s.`) };
  if (body.tooLarge) return { refusal: tooLarge() };
  const message = parse(body.text);
  if (Array.isArray(message))
    return { refusal: problem(400, 'Batches are not supported: send one message.') };
  if (typeof message === 'object' && message !== null) return { message };
  return { refusal: problem(400, 'The body is not a JSON object.', {}, -32700) };
}

function tooLarge(): Response {
  return problem(413, `A body may have ${MAX_BODY_BYTES} bytes.`);
}

async function withinTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expiry = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), BODY_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isDeeper(value, MAX_DEPTH) ? undefined : value;
  } catch {
    return undefined;
  }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1));
}
