const MAX_NEAR_MISSES = 5;
/** A shorter part is in too many values to mean anything. */
const MIN_PART_LENGTH = 3;
/** Longer values are no one's typing mistake: an alias that is asked for has at most 1,000 characters. */
const MAX_LENGTH = 4_000;
/**
 * As many marks in a row nobody types: Unicode's own bound for text in streams (UAX #15) is 30. To put them into their
 * order takes time that grows with the square of their number: a page of 5 MiB held Bun for 9 s.
 */
const STACKED = /\p{M}{31}/u;

/** Values that look like one that was asked for, the most alike first. */
export interface NearMisses {
  add(value: string): void;
  list(): string[];
}

/**
 * Collects values that differ from `wanted` only in case, white space, invisible characters or Unicode form, or of which
 * one is a part of the other.
 */
export function collectNearMisses(wanted: string): NearMisses {
  const foldedWanted = fold(wanted);
  const differences = new Map<string, number>();
  return {
    add(value) {
      if (value === wanted || value.length > MAX_LENGTH || differences.has(value)) return;
      const folded = fold(value);
      if (folded === undefined || foldedWanted === undefined) return;
      const [part, whole] =
        folded.length < foldedWanted.length ? [folded, foldedWanted] : [foldedWanted, folded];
      if (part !== whole && (part.length < MIN_PART_LENGTH || !whole.includes(part))) return;
      differences.set(value, whole.length - part.length);
    },
    list: () =>
      [...differences]
        .sort(([, a], [, b]) => a - b)
        .slice(0, MAX_NEAR_MISSES)
        .map(([value]) => value),
  };
}

/** Nothing for text that nobody types. */
function fold(text: string): string | undefined {
  if (STACKED.test(text)) return undefined;
  return text
    .normalize('NFKC')
    .replace(/[\s\p{Cf}]/gu, '')
    .toUpperCase()
    .toLowerCase();
}
