import { describe, expect, it } from '@jest/globals';
import { filterOf, isParameter, resultOf, sortRecords } from '../../functions/store/declarative-query.ts';
import { checkQuery } from '../../functions/store/query-definition.ts';

const rows = [
  { id: 1, n: 2, s: 'b' },
  { id: 2, n: null, s: 'a' },
  { id: 3, n: 10, s: 'b' },
  { id: 4, s: 'a' },
  { id: 5, n: 2, s: 'a' },
];
const ids = (records: readonly Readonly<Record<string, unknown>>[]) => records.map(({ id }) => id);

describe('parameters', () => {
  it('stand where a text is nothing but their name, of any type, in operators too', () => {
    const query = {
      bucket: 'b',
      filter: { a: '{{ params.a }}', n: { $in: '{{params.list}}', $lt: '{{ params.max }}' } },
    };
    const filter = filterOf(query, { a: true, list: [1, 5], max: 3 });
    expect(filter.matches({ a: true, n: 1 })).toBe(true);
    expect(filter.matches({ a: true, n: 5 })).toBe(false);
    expect(filter.matches({ a: 'true', n: 1 })).toBe(false);
  });

  it('stand in lists and nested filters', () => {
    const query = { bucket: 'b', filter: { $or: [{ a: { $in: [1, '{{ params.x }}'] } }, { b: '{{ params.x }}' }] } };
    expect(filterOf(query, { x: 7 }).matches({ a: 7 })).toBe(true);
    expect(filterOf(query, { x: 7 }).matches({ b: 7 })).toBe(true);
    expect(filterOf(query, { x: 7 }).matches({ b: 1 })).toBe(false);
  });

  it('stand for an end of $between, and for alternatives', () => {
    const filter = { a: { $between: [0, '{{ params.max }}'] }, $or: '{{ params.any }}' };
    const { matches } = filterOf(checkQuery('q', { bucket: 'b', filter }), { max: 5, any: [{ b: 1 }, { b: 2 }] });
    expect(
      [
        { a: 5, b: 2 },
        { a: 6, b: 2 },
        { a: 5, b: 3 },
      ].map(matches),
    ).toEqual([true, false, false]);
  });

  it('that are not given equal nothing, and are no operand of an order', () => {
    const filter = { a: '{{ params.toString }}' };
    expect(filterOf({ bucket: 'b', filter }, null).matches({})).toBe(false);
    expect(filterOf({ bucket: 'b', filter }, {}).matches({ a: 'x' })).toBe(false);
    expect(() => filterOf({ bucket: 'b', filter: { a: { $gt: '{{ params.x }}' } } }, {})).toThrow();
  });

  it('do not stand in longer texts', () => {
    expect(
      ['{{ params.a }}', '{{params.a-b}}', 'x{{ params.a }}', '{{ a }}', '{{ params.a b }}'].map(isParameter),
    ).toEqual([true, true, false, false, false]);
  });
});

describe('a declarative query', () => {
  it('answers all matches in insertion order without further wishes', () => {
    expect(resultOf({ bucket: 'b' }, rows)).toEqual(rows);
  });

  it.each([
    [{ n: 'asc' }, [1, 5, 3, 2, 4]],
    [{ n: 'desc' }, [3, 1, 5, 2, 4]],
    [{ s: 'asc', id: 'desc' }, [5, 4, 2, 3, 1]],
    [{ s: 'desc', n: 'asc' }, [1, 3, 5, 2, 4]],
    [{}, [1, 2, 3, 4, 5]],
    [{ constructor: 'asc' }, [1, 2, 3, 4, 5]],
  ] as const)('sorts by %j, null and absent last', (sort, order) => {
    // The table writes a sort as clients do, in a JSON object.
    expect(ids(sortRecords(rows, sort as Record<string, 'asc' | 'desc'>))).toEqual(order);
  });

  it('sorts what has different types by type, strings by code units', () => {
    const mixed = ['b', true, 2, 'B', null, 10, '😀', '\uffff'].map((v, id) => ({ id, v }));
    expect(sortRecords(mixed, { v: 'asc' }).map(({ v }) => v)).toEqual([2, 10, 'B', 'b', '😀', '\uffff', true, null]);
    expect(sortRecords(mixed, { v: 'desc' }).map(({ v }) => v)).toEqual([true, '\uffff', '😀', 'b', 'B', 10, 2, null]);
  });

  it('skips, then limits, then projects', () => {
    const query = { bucket: 'b', sort: { n: 'desc' }, offset: 1, limit: 2, fields: ['id', 'n', 'other'] } as const;
    expect(resultOf(query, rows)).toEqual([
      { id: 1, n: 2 },
      { id: 5, n: 2 },
    ]);
    expect(resultOf({ bucket: 'b', offset: 4 }, rows)).toEqual([rows[4]]);
    expect(resultOf({ bucket: 'b', limit: 0 }, rows)).toEqual([]);
  });

  it('aggregates instead', () => {
    expect(resultOf({ bucket: 'b', limit: 1, aggregate: { function: 'sum', field: 'n' } }, rows)).toBe(14);
    expect(resultOf({ bucket: 'b', aggregate: { function: 'max', field: 'n', groupBy: 's' } }, rows)).toEqual([
      { key: { s: 'b' }, value: 10 },
      { key: { s: 'a' }, value: 2 },
    ]);
    expect(resultOf({ bucket: 'b', aggregate: { function: 'min', field: 'n' } }, [])).toBeNull();
  });
});
