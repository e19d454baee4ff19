import { escapeInvisible } from './text.ts';

const REDACTED = '[redacted]';
const showRedacted = () => REDACTED;
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Shorter texts are no secrets, and redacting them would damage unrelated text. */
const MIN_LENGTH = 8;

/** A value that prints as `[redacted]`. Only `reveal()` returns it. */
export class Secret {
  readonly #value: string;
  readonly #redactors: readonly ((text: string) => string)[];

  /** `parts` are the texts to redact, such as the password encoded in a header's value. */
  constructor(value: string, ...parts: string[]) {
    this.#value = value;
    const forms = [...new Map(parts.flatMap(formsOf).map((form) => [form.text, form])).values()];
    // Longest first: redacting a shorter form inside a longer one would leave the rest.
    forms.sort((a, b) => b.text.length - a.text.length);
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    this.#redactors = forms
      .filter(({ text }) => text.length >= MIN_LENGTH)
      .map((form) => createRedactor(form, random | 1));
  }

  reveal(): string {
    return this.#value;
  }

  /**
   * The text with `[redacted]` in place of each part, in any usual encoding. It recognises only
   * whole forms, so that a guess reveals only whether all of it is right. Redact before cutting.
   */
  redact(text: string): string {
    return this.#redactors.reduce((rest, redactor) => redactor(rest), text);
  }

  readonly toString = showRedacted;
  readonly toJSON = showRedacted;
  readonly [INSPECT] = showRedacted;
}

/** How a secret may look. In Base64 the characters `before` and `after` it have bits of it too. */
type Form = { readonly text: string; readonly before: 0 | 1; readonly after: RegExp };

/**
 * Replaces one form of a secret, found by a rolling hash (Rabin and Karp). A comparison would end
 * at the first difference; this takes the same time if a text has a part of the form. `base` is
 * random, so that an attacker cannot construct a collision.
 */
function createRedactor({ text: form, before, after }: Form, base: number) {
  const { length } = form;
  const append = (hash: number, code: number) => (Math.imul(hash, base) + code) | 0;
  const codes = Array.from({ length }, (_, at) => form.charCodeAt(at));
  const wanted = codes.reduce(append, 0);
  const weight = codes.reduce((product) => Math.imul(product, base), 1);

  return (text: string): string => {
    let result = '';
    let copiedTo = 0;
    let hash = 0;
    for (let end = 1; end <= text.length; end++) {
      const start = end - length;
      hash = append(hash, text.charCodeAt(end - 1));
      if (start > 0) hash = (hash - Math.imul(text.charCodeAt(start - 1), weight)) | 0;
      if (hash !== wanted || start < copiedTo || text.slice(start, end) !== form) continue;
      result += text.slice(copiedTo, Math.max(copiedTo, start - before)) + REDACTED;
      copiedTo = end + (after.exec(text.slice(end, end + 3))?.[0].length ?? 0);
    }
    return result + text.slice(copiedTo);
  };
}

/** A text plain, escaped, in a URL, in hexadecimal, and in Base64 at each of three offsets. */
function formsOf(text: string): Form[] {
  const bytes = new TextEncoder().encode(text);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const inUrl = encodeURIComponent(text);
  const plain = [
    text,
    escapeInvisible(text),
    JSON.stringify(text).slice(1, -1),
    inUrl,
    inUrl.replaceAll('%20', '+'),
    // As HTML forms, PHP, Python and Java encode it.
    String(new URLSearchParams({ text })).slice('text='.length),
    inUrl.replace(/%../g, (byte) => byte.toLowerCase()),
    hex,
    hex.toUpperCase(),
  ];
  const inBase64 = ([0, 1, 2] as const).flatMap((offset) => {
    const shifted = btoa(String.fromCharCode(...new Uint8Array(offset), ...bytes));
    // Without the characters at both ends that also encode a neighbour's bits.
    const [start, end] = [offset * 8, (offset + bytes.length) * 8];
    const form = shifted.slice(Math.ceil(start / 6), Math.floor(end / 6));
    const urlSafe = form.replaceAll('+', '-').replaceAll('/', '_');
    const after = end % 6 === 0 ? /^/ : /^[\w+/-]?={0,2}/;
    return [form, urlSafe].map((text) => ({ text, before: offset && 1, after }) as const);
  });
  return [...plain.map((text) => ({ text, before: 0, after: /^/ }) as const), ...inBase64];
}
