/** The most characters of one upstream text that a result carries. */
export const MAX_TEXT_LENGTH = 1_000;

/**
 * Characters that a person does not see or that change how others are shown: control, format (bidi,
 * zero-width, tags), private-use, unpaired surrogates, line separators, and what Unicode ignores by
 * default (variation selectors, fillers). And a backslash that looks like the start of an escape.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\\(?=u\{)/gu;

/** Text with every hidden character as a visible `\u{…}` escape. */
export function escapeInvisible(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Text written by others, for a model: escaped, and cut to `MAX_TEXT_LENGTH` code points. */
export function sanitize(text: string): string {
  // As many characters as can be kept take at most twice as many code units.
  const shown = escapeInvisible(text.slice(0, 2 * MAX_TEXT_LENGTH));
  const characters = [...shown];
  if (text.length <= 2 * MAX_TEXT_LENGTH && characters.length <= MAX_TEXT_LENGTH) return shown;
  const kept = characters.slice(0, MAX_TEXT_LENGTH).join('');
  // An escape that was cut in two is left out.
  const whole = kept.replace(/\\u\{[0-9a-f]*$/, '');
  return `${whole}… [cut: ${[...text].length} characters in all]`;
}
