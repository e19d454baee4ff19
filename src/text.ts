/** The most characters of one upstream text that a result carries. */
export const MAX_TEXT_LENGTH = 1_000;

/**
 * Characters that a person does not see or that change how others are shown: control, format (bidi, zero-width and
 * tag characters are among these), private-use, unpaired surrogates, line separators, and what Unicode lists as
 * ignorable by default (variation selectors, fillers), which can smuggle text past a reader. And a backslash that
 * would pass for the beginning of an escape.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\\(?=u\{)/gu;

/** Text with every hidden character as a visible `\u{…}` escape. */
export function escapeInvisible(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/**
 * Text written by others, fit to show to a model: escaped, and cut where it or its escapes go past `MAX_TEXT_LENGTH`
 * characters (code points), saying so.
 */
export function sanitize(text: string): string {
  // As many characters as can be kept take at most twice as many code units.
  const shown = escapeInvisible(text.slice(0, 2 * MAX_TEXT_LENGTH));
  if (text.length <= MAX_TEXT_LENGTH && shown.length <= MAX_TEXT_LENGTH) return shown;
  const characters = [...shown];
  if (text.length <= 2 * MAX_TEXT_LENGTH && characters.length <= MAX_TEXT_LENGTH) return shown;
  const kept = characters
    .slice(0, MAX_TEXT_LENGTH)
    .join('')
    .replace(/\\u\{[0-9a-f]*$/, '');
  return `${kept}… [cut: ${[...text].length} characters in all]`;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The text without a byte order mark, which some hosts on Windows send, or `undefined` if it is not
 * UTF-8: a replaced character could make two aliases look alike.
 */
export function decodeUtf8(bytes: ArrayBuffer | Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
