import { CUT, visible } from './text.ts';

const REDACTED = '[redacted]';

/** Shorter texts are no secrets, and looking for them would tear up what has nothing to do with them. */
const MIN_LENGTH = 8;
/** Characters of a cut form that are compared one by one; a pattern cannot nest without end. */
const MAX_STEPS = 64;
/** The fewest characters that are taken out where a form was cut. */
const MIN_BEGINNING = 4;

/**
 * A value that may be used but not shown: every way of printing it gives `[redacted]`.
 * `reveal()` is the one way out, so every use can be found by that name.
 */
export class Secret {
  readonly #value: string;
  readonly #parts: readonly string[];
  #finder: Finder | undefined;

  /** `parts` are what may not be shown of it, such as the password that a header's value encodes. */
  constructor(value: string, ...parts: string[]) {
    this.#value = value;
    this.#parts = parts;
  }

  reveal(): string {
    return this.#value;
  }

  /** Text with `[redacted]` in the place of each part, in any of its usual encodings. */
  redact(text: string): string {
    this.#finder ??= finderOf(this.#parts);
    const { hints, pattern } = this.#finder;
    return hints.some((hint) => text.includes(hint)) ? text.replace(pattern, REDACTED) : text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}

interface Finder {
  /** A text without any of these has nothing to take out. To look for each is four times as fast as the pattern. */
  readonly hints: readonly string[];
  readonly pattern: RegExp;
}

function finderOf(parts: readonly string[]): Finder {
  const forms = [...new Set(parts.flatMap(formsOf))].filter((form) => form.length >= MIN_LENGTH);
  // The longest first: a shorter one in it would leave the rest.
  forms.sort((a, b) => b.length - a.length);
  return {
    hints: forms.length > 0 ? [...forms, CUT] : [],
    pattern: new RegExp(forms.map(orItsBeginning).join('|'), 'gu'),
  };
}

/** A JSON value with every text in it redacted; keys are our own. The value itself where there is nothing to redact. */
export function redactJson(json: string, redact: (text: string) => string): string {
  if (redact(json) === json) return json;
  return JSON.stringify(JSON.parse(json, (_, value: unknown) => (typeof value === 'string' ? redact(value) : value)));
}

/** The text as it is, escaped, in a URL, in hexadecimal, and in Base64 at each of the three places of a byte in it. */
function formsOf(text: string): string[] {
  const bytes = new TextEncoder().encode(text);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const inUrl = encodeURIComponent(text);
  const inBase64 = [0, 1, 2].map((before) => {
    const shifted = btoa(String.fromCharCode(...new Uint8Array(before), ...bytes));
    // Without the characters at both ends that also hold bits of a neighbour.
    return shifted.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  return [
    text,
    visible(text),
    JSON.stringify(text).slice(1, -1),
    inUrl,
    inUrl.replaceAll('%20', '+'),
    // As forms and PHP, Python or Java write it.
    String(new URLSearchParams({ text })).slice('text='.length),
    inUrl.replace(/%../g, (byte) => byte.toLowerCase()),
    hex,
    hex.toUpperCase(),
    ...inBase64,
    ...inBase64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** A pattern of the form, also where `presentable` cut it off after a few characters. */
function orItsBeginning(form: string): string {
  const characters = Array.from(form, (character) => character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&'));
  const beginning = characters.slice(0, MIN_BEGINNING).join('');
  const more = characters
    .slice(MIN_BEGINNING, MAX_STEPS)
    .reduceRight((tail, character) => `(?:${character}${tail})?`, characters.length > MAX_STEPS ? '[^…]*' : '');
  return `${characters.join('')}|${beginning}${more}(?=${CUT.replace('[', '\\[')})`;
}
