/** A parsed regular expression. It has no flags, so it matches UTF-16 code units. */
export type PatternNode =
  | { readonly kind: 'unit'; readonly accepts: (unit: number) => boolean }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly least: number; readonly most: number }
  | { readonly kind: 'assert'; readonly what: Assertion };

export type Assertion = 'start' | 'end' | 'wordEdge' | 'noWordEdge';

/** Thrown for syntax that one pass over a text cannot match. */
export class UnsupportedPattern extends Error {}

/**
 * @param source known to be a regular expression that JavaScript accepts
 * @throws UnsupportedPattern for lookaround, back references, inline flags and old octal escapes
 */
export function readPattern(source: string): PatternNode {
  return new Reader(source).alternatives();
}

class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Up to the end, or to the parenthesis that closes a group. */
  alternatives(): PatternNode {
    const parts = [this.#sequence()];
    while (this.#skip('|')) parts.push(this.#sequence());
    return { kind: 'any', parts };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#at < this.#source.length && !this.#isNext('|') && !this.#isNext(')')) {
      parts.push(this.#quantified(this.#atom()));
    }
    return { kind: 'all', parts };
  }

  #quantified(part: PatternNode): PatternNode {
    const [written, least, comma, most] = this.#ahead(/(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/y) ?? [];
    if (written === undefined) return part;
    this.#at += written.length;
    if (written.startsWith('*')) return { kind: 'repeat', part, least: 0, most: Infinity };
    if (written.startsWith('+')) return { kind: 'repeat', part, least: 1, most: Infinity };
    if (written.startsWith('?')) return { kind: 'repeat', part, least: 0, most: 1 };
    const from = Number(least);
    return { kind: 'repeat', part, least: from, most: most ? Number(most) : comma ? Infinity : from };
  }

  #atom(): PatternNode {
    if (this.#skip('(')) return this.#group();
    if (this.#skip('^')) return { kind: 'assert', what: 'start' };
    if (this.#skip('$')) return { kind: 'assert', what: 'end' };
    if (this.#skip('\\b')) return { kind: 'assert', what: 'wordEdge' };
    if (this.#skip('\\B')) return { kind: 'assert', what: 'noWordEdge' };
    if (this.#ahead(/\\(?:[1-9]|0\d|k<|c(?![A-Za-z]))/y)) {
      throw new UnsupportedPattern('must do without back references and old escapes');
    }
    const escaped = /\\(?:c[A-Za-z]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[\s\S])/y;
    const [written] = this.#ahead(escaped) ?? this.#ahead(/\[(?:\\[\s\S]|[^\]\\])*\]/y) ?? this.#ahead(/[\s\S]/y) ?? [];
    if (written === undefined) throw new UnsupportedPattern('ends too early');
    this.#at += written.length;
    return { kind: 'unit', accepts: unitTest(written) };
  }

  #group(): PatternNode {
    if (this.#ahead(/\?(?:[=!]|<[=!])/y)) throw new UnsupportedPattern('must do without lookahead and lookbehind');
    const [opening] = this.#ahead(/\?(?::|<[^>]*>)/y) ?? [''];
    if (opening === '' && this.#isNext('?')) throw new UnsupportedPattern('must do without inline flags');
    this.#at += opening.length;
    const inside = this.alternatives();
    this.#at++;
    return inside;
  }

  #isNext(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #skip(text: string): boolean {
    if (!this.#isNext(text)) return false;
    this.#at += text.length;
    return true;
  }

  #ahead(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    return sticky.exec(this.#source);
  }
}

/** Tests one code unit. It uses JavaScript's own engine, one unit at a time, and caches the results for ASCII. */
function unitTest(written: string): (unit: number) => boolean {
  if (written.length === 1 && written !== '.') {
    const wanted = written.charCodeAt(0);
    return (unit) => unit === wanted;
  }
  const one = new RegExp(`^${written}$`);
  const known: (boolean | undefined)[] = [];
  return (unit) => {
    if (unit > 0x7f) return one.test(String.fromCharCode(unit));
    known[unit] ??= one.test(String.fromCharCode(unit));
    return known[unit];
  };
}
