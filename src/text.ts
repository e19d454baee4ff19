/** The most characters of one upstream text that a result carries. */
export const MAX_TEXT_LENGTH = 1_000;

/**
 * Characters that a person does not see or that change how others are shown: control, format (bidi, zero-width and
 * tag characters are among these), private-use, unpaired surrogates, line separators, and what Unicode lists as
 * ignorable by default (variation selectors, fillers), which can smuggle text past a reader.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Text with every hidden character as a visible `\u{…}` escape. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Text written by others, fit to show to a model: escaped, and cut past `MAX_TEXT_LENGTH` characters, saying so. */
export function presentable(text: string): string {
  if (text.length <= MAX_TEXT_LENGTH) return visible(text);
  const kept = text.slice(0, MAX_TEXT_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
  return `${visible(kept)}… [cut: ${text.length} characters in all]`;
}
