const MAX_NEAR_MISSES = 5;
/** Shorter parts occur in too many values. */
const MIN_PART_LENGTH = 3;
/** Longer values are not typing mistakes: a wanted alias has at most 1,000 characters. */
const MAX_LENGTH = 4_000;
/** Values compared before yielding to the deadline, signals and other calls. */
const TURN = 20;
/** More marks in a row than people type (UAX #15 allows 30). Sorting them takes quadratic time. */
const STACKED = /\p{M}{31}/u;

/**
 * Values that contain `wanted` or are a part of it, ignoring case, white space, dashes, invisible
 * characters and Unicode form. At most five, the most similar first. Stops when the signal aborts.
 */
export async function findNearMisses(
  wanted: string,
  values: Iterable<string>,
  signal: AbortSignal,
): Promise<string[]> {
  const foldedWanted = fold(wanted);
  if (foldedWanted === undefined) return [];
  const differences = new Map<string, number>();
  let compared = 0;
  for (const value of values) {
    if (++compared % TURN === 0) await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) break;
    const folded = fold(value);
    if (value === wanted || folded === undefined) continue;
    const [part, whole] =
      folded.length < foldedWanted.length ? [folded, foldedWanted] : [foldedWanted, folded];
    if (part !== whole && (part.length < MIN_PART_LENGTH || !whole.includes(part))) continue;
    differences.set(value, whole.length - part.length);
  }
  const alike = [...differences].sort(([, a], [, b]) => a - b).map(([value]) => value);
  return alike.slice(0, MAX_NEAR_MISSES);
}

/** Other spellings of a value: as plain text, in lower case, in upper case. */
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
