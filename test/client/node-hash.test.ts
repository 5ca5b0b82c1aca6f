import { describe, expect, it } from '@jest/globals';
import { createHash } from '../../client/node-hash.ts';

describe('a hash for nodes', () => {
  it('is FNV-1a of 32 bits, as published', () => {
    expect(createHash('')).toBe('811c9dc5');
    expect(createHash('a')).toBe('e40c292c');
    expect(createHash('foobar')).toBe('bf9cf968');
    expect(createHash(1)).toBe(createHash('1'));
    expect(createHash({ b: [1], a: 'x' })).toBe(createHash('{"a":"x","b":[1]}'));
  });

  it('is the same for equal values, whatever the order of their fields', () => {
    expect(createHash({ a: 1, b: { c: [1, 2], d: null } })).toBe(createHash({ b: { d: null, c: [1, 2] }, a: 1 }));
    expect(createHash([{ id: 1, name: 'ä' }])).toBe(createHash([{ name: 'ä', id: 1 }]));
  });

  it('is another one for other values', () => {
    const values = [
      {},
      [],
      '',
      'a',
      null,
      undefined,
      0,
      1,
      true,
      [1, 2],
      [2, 1],
      { a: 1 },
      { a: '1' },
      { a: [1] },
      { b: 1 },
    ];
    expect(new Set(values.map(createHash)).size).toBe(values.length);
    for (const value of values) expect(createHash(value)).toMatch(/^[0-9a-f]{8}$/);
  });
});
