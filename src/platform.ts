import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { Writable } from 'node:stream';
import type { Platform } from './sequence/client.ts';
import type { Fetch } from './sequence/fetch.ts';
import { createInFlightLimit } from './sequence/in-flight.ts';

const { bun, deno, node } = process.versions;
/** Bun and Deno also report a Node version, so they are checked first. */
const runtime = bun ? `bun ${bun}` : deno ? `deno ${deno}` : `node ${node}`;

const { Deno } = globalThis as { Deno?: { stdout: { writable: WritableStream } } };

/** Deno's process.stdout blocks: a host that stops reading would block all work and signals. */
export function openStdout(): Writable {
  return Deno ? Writable.fromWeb(Deno.stdout.writable) : process.stdout;
}

/** This process as a platform. In a `demo`, made-up data replaces the network. */
export function createProcessPlatform(demo: boolean): Platform {
  // Node tries each address of a host for 250 ms, too short on slow networks (node#54359).
  if (!bun && !deno) setDefaultAutoSelectFamilyAttemptTimeout(2_000);
  return { runtime, fetch: demo ? loadDemo() : fetch, inFlight: createInFlightLimit() };
}

/** Starts to load the demo's account. Requests wait for it. */
function loadDemo(): Fetch {
  const loading = import('./demo/demo-fetch.ts');
  return async (url, init) => (await loading).demoFetch(url, init);
}
