import { isLoopback } from '../loopback.ts';
import type { Fetch } from '../sequence/transport.ts';

/** Bun's `fetch`, which by itself would lead what is asked of this machine through a proxy too. */
export const bunFetch: Fetch = (url, init) =>
  fetch(url, isLoopback(new URL(url).hostname) ? { ...init, proxy: false } : init);
