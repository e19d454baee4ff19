const WINDOW_MS = 60_000;
/** The longest pause: Sequence counts by the minute, whatever a proxy on the way may say. */
const MAX_PAUSE_MS = 60_000;
/** After a pause, requests come back one at a time for so long. */
const SPREAD_MS = 2_000;
/** The longest time between two of these. */
const GAP_MS = 500;

/** Something that counts requests. Workers may bring a binding, which answers later. */
export interface Limit {
  /** Counts a request, if it may go now: 0. Else the milliseconds until it may be tried again. */
  take(): number | Promise<number>;
}

/** At most `perMinute` in any 60 s. Holds no promise: the requests of a Worker share it. */
export class RateLimit implements Limit {
  readonly perMinute: number;
  readonly #now: () => number;
  readonly #sent: number[] = [];
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** When the next request may go, whatever the window allows. */
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

  /** Lets no request go for this time, since Sequence refused one. */
  pause(milliseconds: number): void {
    const until = this.#now() + Math.min(milliseconds, MAX_PAUSE_MS);
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
    this.#opensAt = Math.max(this.#opensAt, this.#pausedUntil + Math.random() * GAP_MS);
  }

  get pauseMs(): number {
    return Math.max(0, this.#pausedUntil - this.#now());
  }

  /** Whether a minute has passed since the last request, so that this may be forgotten. */
  get isIdle(): boolean {
    return (this.#sent.at(-1) ?? Number.NEGATIVE_INFINITY) + WINDOW_MS <= this.#now();
  }
}
