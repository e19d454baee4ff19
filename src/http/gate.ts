/** What the gate needs of a socket. */
interface Connection {
  on(event: 'close', listener: () => void): unknown;
  destroy(): unknown;
}

/**
 * Lets a number of connections be served at once. Those that come later wait, in order, until one of the others is closed;
 * as many again may wait, and more than that are closed at once.
 */
export class ConnectionGate {
  readonly #max: number;
  readonly #served = new Set<Connection>();
  readonly #waiting = new Map<Connection, { promise: Promise<void>; resolve: () => void }>();

  constructor(max: number) {
    this.#max = max;
  }

  get isFull(): boolean {
    return this.#waiting.size > 0;
  }

  enter(socket: Connection): void {
    if (this.#served.size < this.#max) this.#served.add(socket);
    else if (this.#waiting.size < this.#max) this.#waiting.set(socket, withResolver());
    else socket.destroy();
    socket.on('close', () => this.#leave(socket));
  }

  /** Settles when requests on this connection may be answered; nothing where they may at once. */
  turnOf(socket: Connection): Promise<void> | undefined {
    return this.#waiting.get(socket)?.promise;
  }

  #leave(socket: Connection): void {
    this.#waiting.get(socket)?.resolve();
    this.#waiting.delete(socket);
    if (!this.#served.delete(socket)) return;
    for (const [next, { resolve }] of this.#waiting) {
      this.#waiting.delete(next);
      this.#served.add(next);
      resolve();
      return;
    }
  }
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
