/** Gives a place to one more, and the way to free it; nothing where all are taken. */
export type Places = () => (() => void) | undefined;

/**
 * `max` places at once. Each is free again after `longestMs` whatever happens: Workers stop the work of a client that went
 * away without running its `finally`. `now` is in milliseconds.
 */
export function createPlaces(
  max: number,
  longestMs: number,
  now: () => number = () => performance.now(),
): Places {
  /** When each place was taken, oldest first. */
  const taken = new Set<{ readonly at: number }>();
  return () => {
    const time = now();
    for (const place of taken) {
      if (place.at + longestMs > time) break;
      taken.delete(place);
    }
    if (taken.size >= max) return undefined;
    const place = { at: time };
    taken.add(place);
    return () => void taken.delete(place);
  };
}
