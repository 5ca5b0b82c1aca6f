import { describe, expect, it } from '@jest/globals';
import { canonical, hashOf, isSameJson } from '../../functions/core/canonical.ts';
import { arbitrary } from '../support/arbitrary.ts';

describe('canonical JSON', () => {
  it.each([
    ['keys in order', { b: 1, a: { d: 1, c: 2 } }, '{"a":{"c":2,"d":1},"b":1}'],
    ['arrays as they are', [2, 1, [null]], '[2,1,[null]]'],
    ['a missing value as null', undefined, 'null'],
    ['missing fields left out, missing elements null', { a: undefined, b: [undefined] }, '{"b":[null]}'],
    ['-0 as 0', [-0], '[0]'],
    ['no number as null', [Number.NaN, Infinity], '[null,null]'],
    ['extreme numbers', [1e308, 5e-324], '[1e+308,5e-324]'],
    ['dates as JSON writes them', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    ['a field that is named like a method', { toJSON: 1 }, '{"toJSON":1}'],
  ])('has %s', (_, value, text) => {
    expect(canonical(value)).toBe(text);
  });

  it('keeps every name, those of prototypes too', () => {
    const value = JSON.parse('{"constructor":1,"__proto__":{"x":1}}');
    expect(canonical(value)).toBe('{"__proto__":{"x":1},"constructor":1}');
    expect(isSameJson(value, { constructor: 1 })).toBe(false);
  });

  it('reads as what it was written from, whatever that is, and does not mind the order of keys', () => {
    const random = arbitrary(1);
    for (let round = 0; round < 500; round++) {
      const value = random.json(4);
      const text = canonical(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonical(turned(value))).toBe(text);
      expect(hashOf(turned(value))).toBe(hashOf(value));
    }
  });

  it('tells different values apart', () => {
    expect(isSameJson({ a: null }, {})).toBe(false);
    expect(isSameJson([1], ['1'])).toBe(false);
    expect(isSameJson([[]], [{}])).toBe(false);
  });
});

/** The same with the keys the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, field]) => [name, turned(field)]),
  );
}
