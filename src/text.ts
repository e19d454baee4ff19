export const MAX_TEXT_LENGTH = 1_000;

/**
 * Characters that can hide text: control, format (bidi, zero-width, tags), private-use, unpaired
 * surrogates, line separators, and default ignorables (variation selectors, fillers). Also a
 * backslash that looks like the start of an escape.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\\(?=u\{)/gu;

/** Replaces every hidden character with a visible `\u{…}` escape. */
export function escapeInvisible(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Escapes foreign text for a model, and cuts the result after `MAX_TEXT_LENGTH` code points. */
export function sanitize(text: string): string {
  const { length } = [...text];
  // A code point takes at most two code units.
  const shown = [...escapeInvisible(text.slice(0, 2 * MAX_TEXT_LENGTH))];
  if (Math.max(length, shown.length) <= MAX_TEXT_LENGTH) return shown.join('');
  const kept = shown.slice(0, MAX_TEXT_LENGTH).join('');
  return `${kept.replace(/\\u\{[0-9a-f]*$/, '')}… [cut: ${length} characters in all]`;
}

/** Without a byte order mark. If it is not UTF-8, replaced characters make aliases look alike. */
export function decodeUtf8(bytes: ArrayBuffer | Uint8Array): { text: string; isUtf8: boolean } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), isUtf8: true };
  } catch {
    return { text: new TextDecoder().decode(bytes), isUtf8: false };
  }
}
