import type { Writable } from 'node:stream';
import type { Platform } from '../app.ts';
import { CallError } from '../errors.ts';
import type { Fetch } from '../sequence/transport.ts';

const { bun, deno, node } = process.versions;
/** Bun and Deno also claim to be a Node, so they are asked first. */
const runtime = bun ? `bun ${bun}` : deno ? `deno ${deno}` : `node ${node}`;

const { Deno } = globalThis as { Deno?: { stdout: { writable: WritableStream } } };

/** Deno's process.stdout writes synchronously: a host that reads no more would freeze the process, signals included. */
export function openStdout(): Writable {
  return Deno ? process.getBuiltinModule('node:stream').Writable.fromWeb(Deno.stdout.writable) : process.stdout;
}

/** This process as a platform. `loadFetch` stands in for the runtime's own way to the network. */
export function processPlatform(loadFetch: () => Promise<Fetch> = loadOwnFetch): Platform {
  return {
    runtime,
    load: async () => {
      const [parts, fetch] = await Promise.all([import('./client-parts.ts'), loadFetch()]).catch(filesGone);
      return { ...parts, fetch };
    },
  };
}

async function loadOwnFetch(): Promise<Fetch> {
  if (bun) return (await import('./bun-fetch.ts')).bunFetch;
  if (deno) return (await import('./deno-fetch.ts')).denoFetch;
  return (await import('./node-fetch.ts')).nodeFetch;
}

/** The files of a build are named by their content: where one is gone, another version has taken this one's place. */
function filesGone(): never {
  throw new CallError(
    'configuration',
    'The files of this server were updated or removed while it was running.',
    'Ask the person to restart it in the MCP host.',
  );
}
