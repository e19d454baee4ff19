/** What the gate needs of a socket. */
interface Connection {
  on(event: 'close', listener: () => void): unknown;
  destroy(): unknown;
}

/**
 * Lets a number of connections be served at once. Those that come later wait, in order, until one of the others is closed,
 * for which one that is merely kept is. As many again may wait, and more than that are closed at once.
 */
export class ConnectionGate {
  readonly #max: number;
  readonly #served = new Set<Connection>();
  /** Kept after an answer, the one that rests longest first. Bun's own list of idle connections has new ones too. */
  readonly #resting = new Set<Connection>();
  readonly #requests = new Map<Connection, number>();
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
    const [longest] = this.#resting;
    if (this.isFull) longest?.destroy();
  }

  beginRequest(socket: Connection): void {
    this.#requests.set(socket, (this.#requests.get(socket) ?? 0) + 1);
    this.#resting.delete(socket);
  }

  endRequest(socket: Connection): void {
    const requests = this.#requests.get(socket);
    // A closed connection is forgotten already.
    if (requests === undefined) return;
    this.#requests.set(socket, requests - 1);
    if (requests === 1 && this.#served.has(socket)) this.#resting.add(socket);
  }

  /** Settles when requests on this connection may be answered; nothing where they may at once. */
  turnOf(socket: Connection): Promise<void> | undefined {
    return this.#waiting.get(socket)?.promise;
  }

  #leave(socket: Connection): void {
    this.#waiting.get(socket)?.resolve();
    this.#waiting.delete(socket);
    this.#resting.delete(socket);
    this.#requests.delete(socket);
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
