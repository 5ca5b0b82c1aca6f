import { describe, expect, it } from '@jest/globals';
import type { RecordKey } from '../../functions/store/key-text.ts';
import {
  compareKeys,
  indexText,
  isLongKey,
  isRecordKey,
  keyText,
  numberIndexPrefix,
  uniqueText,
} from '../../functions/store/key-text.ts';
import { arbitrary } from '../support/arbitrary.ts';

/** As the table sorts: by UTF-8. */
const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));

describe('a key as text', () => {
  it('sorts like the keys: numbers by value, then strings by code units', () => {
    const random = arbitrary(2);
    const given: RecordKey[] = [0, 1, -1, 1e308, -1e308, 5e-324, -5e-324, '', '1', '\uffff', '😀', '\ue000', 'a', 'ab'];
    for (let more = 0; more < 300; more++) given.push(more % 2 ? random.number() : random.text());
    const byText = [...given].sort((one, other) => byBytes(keyText(one), keyText(other)));
    expect(byText.map(keyText)).toEqual([...given].sort(compareKeys).map(keyText));
    expect(compareKeys('😀', '\uffff')).toBe(-1);
  });

  it('is different for different keys, and the same for 0 and -0', () => {
    expect(keyText(1)).not.toBe(keyText('1'));
    expect(keyText(-0)).toBe(keyText(0));
    expect(keyText('\ud800')).not.toBe(keyText('\udbff'));
  });

  it('is the hash of what would be too long to sort by', () => {
    const [long, longer] = ['é'.repeat(451), 'é'.repeat(452)];
    expect([isLongKey('é'.repeat(450)), isLongKey(long), isLongKey(1e308)]).toEqual([false, true, false]);
    expect(keyText(long)).toMatch(/^h:[0-9a-f]{64}$/);
    expect(keyText(long)).not.toBe(keyText(longer));
  });

  it('exists for strings and finite numbers only', () => {
    expect(['', 'a', 0, -1.5, null, undefined, true, {}, Number.NaN, Infinity].map(isRecordKey)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('an index text', () => {
  it('is equal for equal values and no others', () => {
    const values = [null, true, false, 0, 1, '', '0', 'true', 'null', '#', '%23', 'a', 'a#b'];
    expect(new Set(values.map(indexText)).size).toBe(values.length);
    expect(indexText(-0)).toBe(indexText(0));
  });

  it('is no beginning of another one when # follows', () => {
    const random = arbitrary(3);
    const texts = Array.from({ length: 100 }, () => indexText(random.text()) ?? '');
    for (const one of texts) {
      for (const other of texts) expect(`${other}#`.startsWith(`${one}#`)).toBe(one === other);
    }
  });

  it('sorts numbers by value, all behind one prefix', () => {
    const random = arbitrary(4);
    const numbers = Array.from({ length: 200 }, () => random.number());
    const texts = numbers.map((number) => indexText(number) ?? '');
    expect([...texts].sort(byBytes)).toEqual([...numbers].sort((one, other) => one - other).map(indexText));
    expect(texts.every((text) => text.startsWith(numberIndexPrefix))).toBe(true);
  });

  it('is none for what equals nothing', () => {
    expect([undefined, {}, [], { a: 1 }].map(indexText)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('the text of a unique value', () => {
  it('is none for null and absent, and one for all else', () => {
    expect([null, undefined].map(uniqueText)).toEqual([undefined, undefined]);
    expect(uniqueText({ a: 1, b: 2 })).toBe(uniqueText({ b: 2, a: 1 }));
    const values = ['', 0, '0', false, [], {}, [1], ['1'], 'x'.repeat(2000)];
    expect(new Set(values.map(uniqueText)).size).toBe(values.length);
  });
});
