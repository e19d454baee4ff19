/** For a search that began at a cursor of the caller. */
export const RESUMED =
  'This covers the pages from the given cursor on; what earlier calls gave still counts.';
/** For a search between whose pages Sequence's count changed. */
export const CHANGED =
  'Aliases were added or removed during this search, so it may have missed one: search once more from the start.';

/** One text of the notes that apply, or `undefined`. */
export function joinNotes(...notes: readonly (string | false | undefined)[]): string | undefined {
  return notes.filter(Boolean).join(' ') || undefined;
}

/** Which text was searched, if a number was given: a command line's `1e3` arrives as 1000. */
export function noteOfNumber(value: unknown): string | false {
  return typeof value === 'number' && `A number was given, so the text "${value}" was searched.`;
}
