const MAX_NEAR_MISSES = 5;
/** A shorter part is in too many values to mean anything. */
const MIN_PART_LENGTH = 3;
/** Longer values are not typing mistakes: a wanted alias has at most 1,000 characters. */
const MAX_LENGTH = 4_000;
/** How long values are compared until the deadline, signals and other calls get a turn. */
const TURN_MS = 50;
/**
 * More marks in a row than people type: Unicode's bound for streams (UAX #15) is 30. The time to
 * sort them grows with the square of their number: a page of 5 MiB blocked Bun for 9 s.
 */
const STACKED = /\p{M}{31}/u;

/**
 * Values that differ from `wanted` only in case, white space, dashes, invisible characters or
 * Unicode form, or contain it, or are a part of it: five at most, the most alike first. Stops
 * comparing when the signal aborts.
 */
export async function findNearMisses(
  wanted: string,
  values: Iterable<string>,
  signal: AbortSignal,
): Promise<string[]> {
  const foldedWanted = fold(wanted);
  if (foldedWanted === undefined) return [];
  const differences = new Map<string, number>();
  let turnEnds = performance.now() + TURN_MS;
  for (const value of values) {
    if (performance.now() > turnEnds) {
      await new Promise((resolve) => setTimeout(resolve));
      turnEnds = performance.now() + TURN_MS;
    }
    if (signal.aborted) break;
    const folded = fold(value);
    if (value === wanted || folded === undefined) continue;
    const [part, whole] =
      folded.length < foldedWanted.length ? [folded, foldedWanted] : [foldedWanted, folded];
    if (part !== whole && (part.length < MIN_PART_LENGTH || !whole.includes(part))) continue;
    differences.set(value, whole.length - part.length);
  }
  return [...differences]
    .sort(([, a], [, b]) => a - b)
    .slice(0, MAX_NEAR_MISSES)
    .map(([value]) => value);
}

/** Other spellings that people send: as plain text, then in lower case, then in upper case. */
export function otherSpellings(wanted: string): string[] {
  const spelling = toPlain(wanted)?.trim();
  if (!spelling) return [];
  const spellings = new Set([spelling, spelling.toLowerCase(), spelling.toUpperCase()]);
  spellings.delete(wanted);
  return [...spellings];
}

/** Comparable text, or `undefined` for text that people do not type. */
function fold(text: string): string | undefined {
  return toPlain(text)?.replace(/\s/g, '').toUpperCase().toLowerCase();
}

/** Without invisible characters, and with the plain spaces and dashes that people type. */
function toPlain(text: string): string | undefined {
  if (text.length > MAX_LENGTH || STACKED.test(text)) return undefined;
  return text
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(/[\p{Pd}\u2212]/gu, '-');
}
