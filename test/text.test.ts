import { describe, expect, it } from 'vitest';
import { escapeInvisible, sanitize } from '../src/text.ts';

describe('escapeInvisible', () => {
  it.each([
    ['a null', 'a\u0000b', 'a\\u{0}b'],
    ['line breaks', 'a\r\nb\u2028c', 'a\\u{d}\\u{a}b\\u{2028}c'],
    ['terminal controls', '\u001b[31m\u009b', '\\u{1b}[31m\\u{9b}'],
    ['bidi overrides', 'a\u202eb\u2066', 'a\\u{202e}b\\u{2066}'],
    ['zero width', 'a\u200b\u2060\ufeff', 'a\\u{200b}\\u{2060}\\u{feff}'],
    ['tags', 'a\u{e0041}\u{e007f}', 'a\\u{e0041}\\u{e007f}'],
    ['private use', '\ue000\u{f0000}', '\\u{e000}\\u{f0000}'],
    ['unpaired surrogates', 'a\ud800b\udc00', 'a\\u{d800}b\\u{dc00}'],
    ['variation selectors', 'a\ufe01\u{e0100}', 'a\\u{fe01}\\u{e0100}'],
    ['what would pass for an escape', 'esc\\u{200b}', 'esc\\u{5c}u{200b}'],
    ['fillers', '\u115f\u3164', '\\u{115f}\\u{3164}'],
  ])('escapes %s', (_, text, expected) => expect(escapeInvisible(text)).toBe(expected));

  it.each(['crm-1042', 'Žluťoučký', '顧客 7', 'مرحبا', 'नीलगिरि', '😀', '"}]\\', '<b>**x**</b>'])(
    'leaves %s unchanged',
    (text) => expect(escapeInvisible(text)).toBe(text),
  );
});

describe('sanitize', () => {
  it('keeps 1,000 characters and says how many it cut', () => {
    expect(sanitize('x'.repeat(1_000))).toBe('x'.repeat(1_000));
    expect(sanitize('x'.repeat(1_048_576))).toBe(`${'x'.repeat(1_000)}… [cut: 1048576 characters in all]`);
  });

  it('does not split a character', () => {
    expect(sanitize(`${'x'.repeat(999)}😀yy`)).toBe(`${'x'.repeat(999)}😀… [cut: 1002 characters in all]`);
    expect(sanitize('😀'.repeat(1_000))).toBe('😀'.repeat(1_000));
    expect(sanitize('😀'.repeat(1_001))).toBe(`${'😀'.repeat(1_000)}… [cut: 1001 characters in all]`);
  });

  it('counts its own escapes, and does not split one', () => {
    const shown = sanitize('\u200b'.repeat(500));
    expect(shown).toBe(`${'\\u{200b}'.repeat(125)}… [cut: 500 characters in all]`);
    expect(sanitize(`x${'\u200b'.repeat(500)}`)).toBe(`x${'\\u{200b}'.repeat(124)}… [cut: 501 characters in all]`);
  });
});
