import { isLoopback } from '../loopback.ts';
import type { Fetch, FetchInit } from '../sequence/transport.ts';

/** The part of Deno that is used (`deno types`). */
interface DenoHttp {
  createHttpClient(options: { proxy: { transport: 'tcp'; hostname: string; port: number } }): object;
}

const { Deno } = globalThis as { Deno?: DenoHttp };
const clients = new Map<string, object | undefined>();

/**
 * Deno's `fetch`, which by itself would lead what is asked of this machine through a proxy too, and Deno's permissions keep
 * us from seeing that there is one; its `node:http` does the same. A "proxy" that is the address itself is the way round it,
 * so the request line names the whole URL, as every server must allow (RFC 9112, section 3.2.2). Not so for https, which
 * Deno would send in clear text there: a proxy then gets no more than encrypted bytes to carry.
 */
export const denoFetch: Fetch = (url, init) => {
  const { protocol, hostname, port, host } = new URL(url);
  if (protocol === 'https:' || !isLoopback(hostname)) return fetch(url, init);
  if (!clients.has(host)) {
    const proxy = { transport: 'tcp', hostname: hostname.replace(/[[\]]/g, ''), port: Number(port || 80) } as const;
    clients.set(host, Deno?.createHttpClient({ proxy }));
  }
  const direct: FetchInit & { client: object | undefined } = { ...init, client: clients.get(host) };
  return fetch(url, direct);
};
