import type {
  JSONRPCMessage,
  JSONRPCRequest,
  McpServer,
  Transport,
} from '@modelcontextprotocol/server';

/**
 * Has a server answer one request with one message, as JSON. What the server says before that has nowhere to go. When the signal
 * aborts, so does the call, and the promise rejects with the signal's reason.
 */
export async function answerOnce(
  server: McpServer,
  request: JSONRPCRequest,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const exchange = new Exchange();
  await server.connect(exchange);
  const abort = () => exchange.abort(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await exchange.answerTo(request);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

class Exchange implements Transport {
  onmessage?: Transport['onmessage'];
  onclose?: () => void;
  #resolve: (answer: string) => void = () => {};
  #reject: (reason: unknown) => void = () => {};

  answerTo(request: JSONRPCRequest): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.onmessage?.(request, { classification: { era: 'legacy' } });
    });
  }

  abort(reason: unknown): void {
    this.#reject(reason);
    this.onclose?.();
  }

  async start(): Promise<void> {}

  async send(message: JSONRPCMessage): Promise<void> {
    if (!('method' in message)) this.#resolve(JSON.stringify(message));
  }

  async close(): Promise<void> {
    this.onclose?.();
  }
}
