import { decodeUtf8 } from './text.ts';

/**
 * Reads a body as text, or says why it cannot be used. The stream is not cancelled, which crashes Deno while
 * bytes go on arriving (denoland/deno): whoever sent the request ends it.
 */
export async function readBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  maxBytes: number,
): Promise<{ readonly text: string } | 'too large' | 'not UTF-8'> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of body?.values({ preventCancel: true }) ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return 'too large';
    chunks.push(chunk);
  }
  const text = decodeUtf8(await new Blob(chunks).arrayBuffer());
  return text === undefined ? 'not UTF-8' : { text };
}
