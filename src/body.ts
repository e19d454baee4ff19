/** Why a body cannot be used. */
export type BodyProblem = 'too large' | 'not UTF-8';

/**
 * Reads a body as text, in at most `maxBytes`. The stream is not cancelled, which crashes Deno while
 * bytes go on arriving (denoland/deno): whoever sent the request ends it.
 */
export async function readBody(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<{ readonly text: string } | BodyProblem> {
  if (!body) return { text: '' };
  // A replaced character could make two aliases look alike.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = body.getReader();
  let text = '';
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      if (bytes > maxBytes) return 'too large';
      const decoded = decode(decoder, value);
      if (decoded === undefined) return 'not UTF-8';
      text += decoded;
    }
  } finally {
    reader.releaseLock();
  }
  const rest = decode(decoder);
  return rest === undefined ? 'not UTF-8' : { text: text + rest };
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string | undefined {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    return undefined;
  }
}
