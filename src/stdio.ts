import type { Readable, Writable } from 'node:stream';
import { PARSE_ERROR, type Transport } from '@modelcontextprotocol/server';
import { serveStdio as serve } from '@modelcontextprotocol/server/stdio';
import type { App } from './app.ts';
import { detailOf } from './errors.ts';
import { parseJson } from './json.ts';
import type { Log } from './log.ts';
import { readMessage, refuse } from './message.ts';
import { decodeUtf8 } from './text.ts';

const MAX_LINE_BYTES = 10 * 1024 * 1024;

export interface Stdio {
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Ends the process, however the connection ended. */
  readonly exit: () => void;
}

/**
 * Serves until stdin ends, stdout closes, a line exceeds the limit, or a signal arrives. It adds
 * its listeners before it returns, because Bun could lose earlier input.
 */
export function serveStdio(app: App, stdio: Stdio, log: Log): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stdio.exit);
  process.stderr.on('error', () => {});
  process.on('unhandledRejection', (reason) => log('error', detailOf(reason)));
  serve(() => app.createServer(), {
    transport: createTransport(stdio, log),
    onerror: ({ message }) => log('warn', `protocol: ${message}`),
  });
}

/** Reads lines itself: the SDK's transport drops some requests and accepts invalid UTF-8. */
function createTransport({ stdin, stdout, exit }: Stdio, log: Log): Transport {
  let rest: Buffer | undefined;

  function read(chunk: Buffer): void {
    rest = rest ? Buffer.concat([rest, chunk]) : chunk;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.subarray(0, end);
      rest = rest.subarray(end + 1);
      receive(line);
    }
    if (rest.length <= MAX_LINE_BYTES) return;
    log('error', `A line of stdin has more than ${MAX_LINE_BYTES} bytes, so this server ends.`);
    transport.close();
  }

  function receive(line: Buffer): void {
    const { text, isUtf8 } = decodeUtf8(line);
    const value = parseJson(text);
    if (value === undefined) return;
    const notUtf8 = 'A message must be UTF-8.';
    const inbound = isUtf8 ? readMessage(value) : refuse(value, notUtf8, PARSE_ERROR);
    if (inbound.kind === 'message') {
      transport.onmessage?.(inbound.message);
      return;
    }
    const { id, code, problem: message } = inbound;
    log('debug', `protocol: ${message}`);
    if (id === undefined) return;
    transport.send({ jsonrpc: '2.0', id, error: { code, message } }).catch(() => {});
  }

  const transport: Transport = {
    async start() {
      stdin.on('data', read).on('error', transport.close).on('close', transport.close);
      stdin.on('end', () => {
        const hint = 'stdin ended without input. An MCP host keeps it open; docker run needs -i.';
        if (!rest) log('warn', hint);
        transport.close();
      });
      stdout.on('error', transport.close);
    },
    send: (message) =>
      new Promise((resolve, reject) => {
        const line = `${JSON.stringify(message)}\n`;
        stdout.write(line, (error) => (error ? reject(error) : resolve()));
      }),
    async close() {
      transport.onclose?.();
      exit();
    },
  };
  return transport;
}
