import type { Readable, Writable } from 'node:stream';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { App } from '../app.ts';
import { detailOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { withoutByteOrderMark } from './byte-order-mark.ts';

/** How long the process must have been idle before it loads what a first call needs. */
const IDLE_MS = 20;

export interface Stdio {
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Ends the process; called however the connection ends. */
  readonly leave: () => void;
}

/** Serves until the host goes away. Nothing here waits before the transport listens: Bun could lose input. */
export function serveOnStdio(app: App, { stdin, stdout, leave }: Stdio, log: Log): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, leave);
  process.stderr.on('error', () => {});
  // Each answer that waits for a slow reader listens to stdout.
  stdout.setMaxListeners(0);
  process.on('unhandledRejection', (reason) => log('error', detailOf(reason)));
  // A client that cannot be had is explained by each call.
  const warmUp = () => void app.getClient().catch(() => {});
  serveStdio(() => app.createServer(), {
    transport: new HostTransport(withoutByteOrderMark(stdin), stdout, leave, warmUp),
    onerror: (error) => log('error', `protocol: ${error.message}`),
  });
}

class HostTransport extends StdioServerTransport {
  readonly #leave: () => void;
  readonly #warmUp: () => void;
  #idle: NodeJS.Timeout | undefined;

  constructor(stdin: Readable, stdout: Writable, leave: () => void, warmUp: () => void) {
    super(stdin, stdout);
    this.#leave = leave;
    this.#warmUp = warmUp;
  }

  /** After its tools are listed, the host asks a model, which takes a while: a first call finds its parts loaded. */
  override async send(message: JSONRPCMessage): Promise<void> {
    await super.send(message);
    if (this.#idle === undefined && 'result' in message && 'tools' in message.result) {
      this.#idle = setTimeout(this.#warmUp, IDLE_MS).unref();
    }
  }

  /** However the connection ends (stdin closed, reader of stdout gone, input past its bound), so does the process. */
  override async close(): Promise<void> {
    await super.close();
    this.#leave();
  }
}
