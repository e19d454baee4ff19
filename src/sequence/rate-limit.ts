const WINDOW_MS = 60_000;
/** The longest pause: Sequence's window is a minute, whatever a proxy says. */
const MAX_PAUSE_MS = 60_000;
/** How long requests are spaced out after a pause. */
const SPREAD_MS = 2_000;
/** The longest gap between two of these. */
export const GAP_MS = 500;

/** Counts requests. On Workers it may be a binding, which is asynchronous. */
export interface Limit {
  /** Returns 0 and counts the request if it may be sent now. Otherwise returns the wait in ms. */
  take(): number | Promise<number>;
}

/** At most `perMinute` requests in any 60 s. Holds no promise: a Worker's requests share it. */
export class RateLimit implements Limit {
  readonly perMinute: number;
  readonly #now: () => number;
  readonly #sent: number[] = [];
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** Earliest time of the next request, apart from the window. */
  #opensAt = Number.NEGATIVE_INFINITY;

  constructor(perMinute: number, now = () => performance.now()) {
    this.perMinute = perMinute;
    this.#now = now;
  }

  take(): number {
    const time = this.#now();
    if (time < this.#opensAt) return this.#opensAt - time;
    while (this.#sent[0] !== undefined && this.#sent[0] + WINDOW_MS <= time) this.#sent.shift();
    const oldest = this.#sent[this.#sent.length - this.perMinute];
    if (oldest !== undefined) return oldest + WINDOW_MS - time;
    this.#sent.push(time);
    if (time < this.#pausedUntil + SPREAD_MS) this.#opensAt = time + Math.random() * GAP_MS;
    return 0;
  }

  /** Holds all requests for this time, since Sequence refused one. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + Math.min(ms, MAX_PAUSE_MS));
    this.#opensAt = Math.max(this.#opensAt, this.#pausedUntil + Math.random() * GAP_MS);
  }

  get pauseMs(): number {
    return Math.max(0, this.#pausedUntil - this.#now());
  }

  /** Whether a pause, with the spacing after it, went on past `time`. */
  wasPausedSince(time: number): boolean {
    return this.#pausedUntil + SPREAD_MS > time;
  }

  /** Whether a minute has passed since the last request, so that this can be discarded. */
  get isIdle(): boolean {
    return (this.#sent.at(-1) ?? Number.NEGATIVE_INFINITY) + WINDOW_MS <= this.#now();
  }
}
