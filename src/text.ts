export const MAX_TEXT_LENGTH = 1_000;

/**
 * Characters that can smuggle text past a reader: control, format (bidi, zero-width, tags), private-use,
 * unpaired surrogates, line separators, and what is ignorable by default (variation selectors, fillers).
 * And a backslash that would pass for the beginning of an escape.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\\(?=u\{)/gu;

/** Text with every hidden character as a visible `\u{…}` escape. */
export function escapeInvisible(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/**
 * Text written by others, fit to show to a model: escaped, and cut after `MAX_TEXT_LENGTH` characters
 * (code points, of escapes too), which it then says.
 */
export function sanitize(text: string): string {
  const { length } = [...text];
  // As many characters as can be kept take at most twice as many code units.
  const shown = [...escapeInvisible(text.slice(0, 2 * MAX_TEXT_LENGTH))];
  if (Math.max(length, shown.length) <= MAX_TEXT_LENGTH) return shown.join('');
  const kept = shown.slice(0, MAX_TEXT_LENGTH).join('');
  return `${kept.replace(/\\u\{[0-9a-f]*$/, '')}… [cut: ${length} characters in all]`;
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
