import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Fetch } from '../sequence/transport.ts';
import { agentFor, dropUnasked } from './node-agent.ts';

/**
 * Stands in for `fetch` on Node, over its own client of HTTP. In one run on Node 20, 200 calls peaked at 75 MB instead of
 * 93, and a list call of 25 took 1.44 raw fetches instead of 1.76.
 */
export const nodeFetch: Fetch = async (address, { headers, signal }) => {
  signal.throwIfAborted();
  const url = new URL(address);
  const { request } = url.protocol === 'https:' ? https : http;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { agent: agentFor(url), headers: { ...headers, 'accept-encoding': 'gzip' } })
      .on('socket', (socket) => socket.off('data', dropUnasked))
      .on('response', resolve)
      .on('error', reject)
      // An answer that switches protocols is neither a response nor an error.
      .on('close', reject);
    // Node's own `signal` option would take a body for whole that it cut off itself, where only the end of the connection ends it.
    signal.addEventListener('abort', () => {
      sent.destroy();
      // A request that still waits for its connection, as behind a proxy, says nothing when it is destroyed.
      reject(signal.reason);
    });
    sent.end();
  });
  const { statusCode = 0 } = response;
  if (statusCode < 200) throw new Error(`${statusCode} is no status of a response`);
  const coding = codingOf(response);
  return {
    status: statusCode,
    headers: { get: (name) => response.headers[name]?.toString() ?? null },
    undecoded: coding === 'identity' || coding === 'gzip' ? undefined : coding,
    body: read(response),
  };
};

/** The body, decompressed. Nothing is set up before somebody reads. */
async function* read(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  // The reader gets a failure of either stream from the one it reads; only gzip was asked for.
  yield* codingOf(response) === 'identity' ? response : pipeline(response, createGunzip(), () => {});
  // A zero byte after the compressed data ends it, but not the answer.
  if (!response.complete) throw new Error('The body goes on after its compressed data.');
}

function codingOf({ headers }: IncomingMessage): string {
  return headers['content-encoding']?.toLowerCase() || 'identity';
}
