import { decodeUtf8 } from './text.ts';

/** Reads a body as text. It is never cancelled: Deno crashes if bytes arrive after that. */
export async function readBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  maxBytes: number,
): Promise<ReturnType<typeof decodeUtf8> | 'too large'> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of body?.values({ preventCancel: true }) ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return 'too large';
    chunks.push(chunk);
  }
  return decodeUtf8(await new Blob(chunks).arrayBuffer());
}
