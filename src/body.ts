import { decodeUtf8 } from './text.ts';

/** Reads a body as text. It is not cancelled: Deno crashes if bytes go on arriving after that. */
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
