import { isLoopback } from '../loopback.ts';
import type { Fetch } from '../sequence/transport.ts';

const { Deno } = globalThis as { Deno?: { env: { get(name: string): string | undefined } } };

/**
 * Deno's `fetch`, which by itself would lead what is asked of this machine through a proxy too. Its node:http knows no
 * proxies, so that is used where there may be one. Its node:https asks for permissions that nobody grants: there a proxy
 * gets encrypted bytes to carry, and no more.
 */
export const denoFetch: Fetch = async (url, init) => {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || !isLoopback(hostname) || !mayHaveProxy()) return fetch(url, init);
  return (await import('./node-fetch.ts')).nodeFetch(url, init);
};

/** Whether a proxy for http is set. Without permission to read its variables, nobody can say. */
function mayHaveProxy(): boolean {
  try {
    return ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].some((name) => Deno?.env.get(name));
  } catch {
    return true;
  }
}
