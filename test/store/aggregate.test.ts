import { describe, expect, it } from '@jest/globals';
import { aggregate, groupBy, isAggregateFunction } from '../../functions/store/aggregate.ts';

const records = [
  { kind: 'a', price: 3 },
  { kind: 'b', price: '4' },
  { kind: 'a', price: -1 },
  { kind: null, price: null },
  { price: 10 },
];

describe('an aggregate', () => {
  it.each([
    ['count', 5],
    ['sum', 12],
    ['avg', 4],
    ['min', -1],
    ['max', 10],
  ] as const)('%s looks at numbers only', (name, value) => {
    expect(aggregate(records, name, 'price')).toBe(value);
  });

  it.each([
    ['count', 0],
    ['sum', 0],
    ['avg', 0],
    ['min', null],
    ['max', null],
  ] as const)('%s of nothing', (name, value) => {
    expect(aggregate([], name, 'price')).toBe(value);
    if (name !== 'count') expect(aggregate([{ price: 'x' }, {}], name, 'price')).toBe(value);
  });

  it('stays a number where numbers end', () => {
    const huge = [{ n: 1e308 }, { n: 1e308 }];
    expect(aggregate(huge, 'avg', 'n')).toBe(1e308);
    expect(aggregate(huge, 'sum', 'n')).toBe(Number.MAX_VALUE);
  });

  it('does not take what objects inherit for a field', () => {
    expect(aggregate([{}, {}], 'sum', 'length')).toBe(0);
    expect(['sum', 'constructor', 'median', 1].map(isAggregateFunction)).toEqual([true, false, false, false]);
  });
});

describe('groups', () => {
  it('come in the order of their first records, null and absent as one', () => {
    expect(groupBy(records, 'kind', 'sum', 'price')).toEqual([
      { key: { kind: 'a' }, value: 2 },
      { key: { kind: 'b' }, value: 0 },
      { key: { kind: null }, value: 10 },
    ]);
  });

  it('go by several fields, and keep types apart', () => {
    const rows = [
      { a: 1, b: 1 },
      { a: '1', b: 1 },
      { b: 1, a: 1 },
    ];
    expect(groupBy(rows, ['a', 'b'], 'count')).toEqual([
      { key: { a: 1, b: 1 }, value: 2 },
      { key: { a: '1', b: 1 }, value: 1 },
    ]);
  });

  it('without numbers have no least and no greatest', () => {
    expect(groupBy([{ k: 1 }], 'k', 'min', 'n')).toEqual([{ key: { k: 1 }, value: null }]);
  });
});
