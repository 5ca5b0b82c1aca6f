import { describe, expect, it } from '@jest/globals';
import { parseFilter } from '../../functions/store/filter.ts';
import { arbitrary } from '../support/arbitrary.ts';

const matches = (filter: unknown, record: Record<string, unknown>) => parseFilter(filter).matches(record);

describe('a filter', () => {
  it.each<[string, unknown, readonly unknown[], readonly unknown[]]>([
    // wanted, values of field `a` that pass, values that do not (undefined: the field is absent)
    ['a string', 'x', ['x'], ['X', undefined, null, ['x']]],
    ['a number', 5, [5], ['5', 5.5, null, undefined]],
    ['zero', 0, [0, -0], ['', false, null]],
    ['a boolean', false, [false], [0, null, undefined, '']],
    ['null', null, [null], [undefined, 0, '', false]],
    ['the empty string', '', [''], [null, undefined, 0]],
    ['an object', { b: 1 }, [], [{ b: 1 }, '{"b":1}', undefined]],
    ['an object that is half operator', { $gt: 1, b: 1 }, [], [2, { $gt: 1, b: 1 }]],
    ['an empty object', {}, [], [{}, undefined, null]],
    ['an array', [1], [], [[1], 1]],
    ['nothing', undefined, [], [undefined, null, 0]],
    ['$eq', { $eq: 1 }, [1], ['1', null, undefined]],
    ['$eq null', { $eq: null }, [null], [undefined]],
    ['$eq of an object', { $eq: {} }, [], [{}]],
    ['$neq', { $neq: 1 }, [2, '1', null, undefined, {}], [1]],
    ['$neq null', { $neq: null }, [0, undefined], [null]],
    ['$gt', { $gt: 5 }, [6, 1e308], [5, '6', null, undefined, true, [6]]],
    ['$gt of a string', { $gt: 'b' }, ['c', 'ba'], ['b', 'a', 'B', 3, null]],
    ['$gte', { $gte: 5 }, [5, 5.5], [4.9, '5', null]],
    ['$lt', { $lt: 0 }, [-5e-324], [0, -0, null, undefined, '']],
    ['$lte', { $lte: 0 }, [0, -1], [1, null, undefined]],
    ['$in', { $in: [1, null, 'x'] }, [1, null, 'x'], [undefined, '1', 'y']],
    ['$in of nothing', { $in: [] }, [], [1, null, undefined]],
    ['$nin', { $nin: [1, null] }, [2, undefined, '1'], [1, null]],
    ['$nin of nothing', { $nin: [] }, [1, null, undefined], []],
    ['$contains', { $contains: 'bC' }, ['abcd', 'BC'], ['b c', ['bC'], null, undefined, 5]],
    ['$contains nothing', { $contains: '' }, ['', 'x'], [null, undefined, []]],
    ['$startsWith', { $startsWith: 'ab' }, ['ab', 'abc'], ['Ab', 'xab', null]],
    ['$endsWith', { $endsWith: 'ab' }, ['ab', 'cab'], ['aB', 'abx', undefined]],
    ['$exists', { $exists: true }, [0, '', false, {}], [null, undefined]],
    ['$exists false', { $exists: false }, [null, undefined], [0, '', false]],
    ['$between', { $between: [1, 3] }, [1, 2, 3], [0.9, 3.1, '2', null, undefined]],
    ['$between of strings', { $between: ['a', 'c'] }, ['a', 'b', 'c'], ['ca', 'A', 2]],
    ['several operators', { $gt: 1, $lt: 4, $neq: 3 }, [2, 3.5], [1, 3, 4, null]],
  ])('of %s', (_, wanted, passing, failing) => {
    const record = (value: unknown) => (value === undefined ? {} : { a: value });
    expect(passing.filter((value) => !matches({ a: wanted }, record(value)))).toEqual([]);
    expect(failing.filter((value) => matches({ a: wanted }, record(value)))).toEqual([]);
  });

  it('that is empty matches everything', () => {
    expect(matches({}, {})).toBe(true);
    expect([parseFilter({}).isEmpty, parseFilter({ a: 1 }).isEmpty]).toEqual([true, false]);
  });

  it('needs all of its fields', () => {
    expect(matches({ a: 1, b: 2 }, { a: 1, b: 2, c: 3 })).toBe(true);
    expect(matches({ a: 1, b: 2 }, { a: 1 })).toBe(false);
  });

  it('takes one of $or and all of $and, beside fields and nested', () => {
    expect(matches({ $or: [{ a: 1 }, { a: 2 }] }, { a: 2 })).toBe(true);
    expect(matches({ $or: [] }, { a: 2 })).toBe(false);
    expect(matches({ $and: [] }, { a: 2 })).toBe(true);
    expect(matches({ $and: [{ a: 1 }, { b: 2 }] }, { a: 1, b: 3 })).toBe(false);
    expect(matches({ b: 3, $or: [{ a: 1 }, { $and: [{ a: 2 }, { b: { $gt: 2 } }] }] }, { a: 2, b: 3 })).toBe(true);
    expect(matches({ b: 4, $or: [{ a: 2 }] }, { a: 2, b: 3 })).toBe(false);
  });

  it('looks at fields of the record only, whatever they are called', () => {
    expect(matches({ constructor: { $exists: true } }, {})).toBe(false);
    expect(matches({ toString: { $neq: 1 } }, {})).toBe(true);
    expect(matches(JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}'))).toBe(true);
    expect(matches({ 'a.b': 1 }, { a: { b: 1 } })).toBe(false);
    expect(matches({ 'a.b': 1 }, { 'a.b': 1 })).toBe(true);
  });

  it.each([
    ['a list', []],
    ['null', null],
    ['a string', 'a'],
    ['an unknown operator', { a: { $regex: 'x' } }],
    ['one that every object has', { a: { $constructor: 1 } }],
    ['an unknown operator among known ones', { a: { $gt: 1, $foo: 1 } }],
    ['an unknown operator in place of a field', { $nor: [] }],
    ['$in without array', { a: { $in: 1 } }],
    ['$nin without array', { a: { $nin: { 0: 1 } } }],
    ['$gt without order', { a: { $gt: null } }],
    ['$lte of a boolean', { a: { $lte: true } }],
    ['$contains of a number', { a: { $contains: 5 } }],
    ['$startsWith of null', { a: { $startsWith: null } }],
    ['$endsWith of an array', { a: { $endsWith: ['x'] } }],
    ['$exists of a number', { a: { $exists: 1 } }],
    ['$between of three', { a: { $between: [1, 2, 3] } }],
    ['$between of two types', { a: { $between: [1, 'x'] } }],
    ['$or without array', { $or: { a: 1 } }],
    ['$or of values', { $or: [1] }],
    ['$and of a bad filter', { $and: [{ a: { $no: 1 } }] }],
  ])('is refused for %s', (_, filter) => {
    expect(() => parseFilter(filter)).toThrow(expect.objectContaining({ code: 'unacceptable_request' }));
  });

  it('may hold operands that are filled in later', () => {
    const isOpen = (operand: unknown) => operand === '{{ params.x }}';
    expect(() => parseFilter({ a: { $in: '{{ params.x }}' } }, isOpen)).not.toThrow();
    expect(() => parseFilter({ a: { $in: 'other' } }, isOpen)).toThrow();
    const x = '{{ params.x }}';
    for (const filter of [{ a: { $between: [0, x] } }, { $or: x }, { $and: [x, { a: { $between: [x, x] } }] }])
      expect(() => parseFilter(filter, isOpen)).not.toThrow();
    for (const filter of [{ a: { $between: [x] } }, { a: { $gt: [x] } }, { $or: 'other' }, { $or: ['other'] }, x])
      expect(() => parseFilter(filter, isOpen)).toThrow();
  });

  it('tells which equalities every match fulfils', () => {
    const equalities = (filter: unknown) => parseFilter(filter).equalities;
    expect(equalities({ a: 1, b: { $gt: 2 }, c: { $eq: 'x' } })).toEqual([
      { field: 'a', values: [1] },
      { field: 'c', values: ['x'] },
    ]);
    expect(equalities({ a: { $in: [1, 2, 1, {}] } })).toEqual([{ field: 'a', values: [1, 2] }]);
    expect(equalities({ a: {} })).toEqual([{ field: 'a', values: [] }]);
    expect(equalities({ $and: [{ a: null }], $or: [{ b: 1 }] })).toEqual([{ field: 'a', values: [null] }]);
    expect(equalities({ a: { $neq: 1 } })).toEqual([]);
  });

  it('never matches what its equalities rule out', () => {
    const random = arbitrary(5);
    const value = () => random.oneOf([0, 1, '1', null, true, {}, [1], undefined]);
    const condition = () =>
      random.oneOf([value(), { $eq: value() }, { $in: [value(), value()] }, { $neq: value() }, { $nin: [value()] }]);
    for (let round = 0; round < 500; round++) {
      const filter = parseFilter({ a: condition(), b: condition(), $and: [{ a: condition() }] });
      const record = { a: value(), b: value() };
      if (!filter.matches(record)) continue;
      for (const { field, values } of filter.equalities) expect(values).toContain(field === 'a' ? record.a : record.b);
    }
  });
});
