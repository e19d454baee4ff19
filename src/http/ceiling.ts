const WINDOW_MS = 60_000;

/** Counts a call of this caller. Gives the whole seconds until it may call again, 0 where it may now. */
export type Ceiling = (caller: string) => number | Promise<number>;

/**
 * At most `callsPerMinute` of one caller in any 60 seconds; a call that is refused does not count. Holds a number for each
 * call of the last minute and nothing else, so its memory is bounded by what was let through. `now` is in milliseconds.
 */
export function createCeiling(
  callsPerMinute: number,
  now: () => number = () => performance.now(),
): Ceiling {
  /** When each caller's calls of the last minute came, oldest first. */
  const calls = new Map<string, number[]>();
  let sweptAt = now();

  const forget = (times: number[], before: number) => {
    const kept = times.findIndex((time) => time > before);
    times.splice(0, kept < 0 ? times.length : kept);
  };

  return (caller) => {
    const time = now();
    if (time - sweptAt >= WINDOW_MS) {
      sweptAt = time;
      for (const [name, times] of calls)
        if ((times.at(-1) ?? 0) <= time - WINDOW_MS) calls.delete(name);
    }
    const times = calls.get(caller) ?? [];
    calls.set(caller, times);
    forget(times, time - WINDOW_MS);
    const [oldest] = times;
    if (oldest !== undefined && times.length >= callsPerMinute)
      return Math.ceil((oldest + WINDOW_MS - time) / 1_000) || 1;
    times.push(time);
    return 0;
  };
}
