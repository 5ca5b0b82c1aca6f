/** Random values, the same ones for the same seed, so that a failure can be reproduced. */
export interface Arbitrary {
  /** 0 .. below-1 */
  integer(below: number): number;
  oneOf<T>(choices: readonly T[]): T;
  /** Any finite double: every exponent is as likely as the others. */
  number(): number;
  /** Short, of characters that encodings easily get wrong. */
  text(): string;
  /** A JSON value, nested at most that deep. */
  json(depth: number): unknown;
}

const characters = [
  '',
  'a',
  'b',
  'Z',
  '#',
  '%',
  '$',
  ' ',
  '.',
  '\0',
  '~',
  'é',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '😀',
  '\ud800',
];
const names = ['a', 'b', 'toString', '__proto__', 'constructor', 'a.b', '$x', ''];

export function arbitrary(seed: number): Arbitrary {
  let state = seed >>> 0;
  const bits = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const integer = (below: number): number => bits() % below;
  const oneOf = <T>(choices: readonly T[]): T => {
    const chosen = choices[integer(choices.length)];
    if (chosen === undefined && choices.length === 0) throw new Error('nothing to choose from');
    return chosen as T; // the index is within the array
  };
  const number = (): number => {
    const double = new Float64Array(new Uint32Array([bits(), bits()]).buffer)[0] ?? 0;
    return Number.isFinite(double) ? double : oneOf([0, -0, 1, -1, 5e-324, 1e308]);
  };
  const text = (): string => Array.from({ length: integer(4) }, () => oneOf(characters)).join('');
  const json = (depth: number): unknown => {
    const kind = integer(depth > 0 ? 8 : 5);
    if (kind < 2) return oneOf([null, true, false, 0, 1, '1', '']);
    if (kind < 4) return number();
    if (kind === 4) return text();
    const size = integer(4);
    if (kind === 5) return Array.from({ length: size }, () => json(depth - 1));
    return Object.fromEntries(Array.from({ length: size }, () => [oneOf(names), json(depth - 1)]));
  };
  return { integer, oneOf, number, text, json };
}
