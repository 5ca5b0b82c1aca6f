import { describe, expect, it } from '@jest/globals';
import type { BucketDefinition } from '../../functions/core/bucket-definition.ts';
import { checkBucket, indexedFields, uniqueFields, updateBucket } from '../../functions/store/definition.ts';
import { checkQuery } from '../../functions/store/query-definition.ts';

const schema = { id: { type: 'string', generated: 'uuid' }, n: { type: 'number' } };
const valid = { key: 'id', schema };
const withField = (field: unknown) => ({ key: 'id', schema: { ...schema, f: field } });

describe('the definition of a bucket', () => {
  it.each<[string, unknown]>([
    ['as small as can be', valid],
    [
      'with everything',
      { ...valid, indexes: ['n', 'id'], ttl: '5m', maxSize: 5, etsType: 'ordered_set', persistent: true },
    ],
    ['with shards and a count', { ...valid, shards: 4, counted: true }],
    ['with unknown settings', { ...valid, comment: 'x' }],
    [
      'with a field of each kind',
      withField({ type: 'array', items: { type: 'object', properties: { x: { type: 'date' } } } }),
    ],
    ['with references', withField({ type: 'string', ref: 'others', onDelete: 'set_null', unique: true })],
    ['with a pattern that would be dangerous elsewhere', withField({ type: 'string', pattern: '^(a+)+$' })],
    ['with an odd field name', { key: 'a.b', schema: { 'a.b': { type: 'number' }, constructor: { type: 'string' } } }],
  ])('%s is fine, and stays as it was', (_, definition) => {
    expect(checkBucket('b', definition, 'runTime')).toBe(definition);
  });

  it.each<[string, unknown, string]>([
    ['is no object', [], 'its definition must be an object'],
    ['has no schema', { key: 'id' }, 'schema must be an object'],
    ['has no key', { schema }, 'key must be the name of a field'],
    ['has a key outside the schema', { ...valid, key: 'x' }, 'key "x" is not in the schema'],
    ['has a key that only prototypes have', { ...valid, key: 'toString' }, 'key "toString" is not in the schema'],
    [
      'has a key of objects',
      { key: 'f', schema: { f: { type: 'object' } } },
      'field "f": a key must be a string or a number',
    ],
    ['has an index outside the schema', { ...valid, indexes: ['n', 'x'] }, 'index "x" is not in the schema'],
    ['has an index on a prototype', { ...valid, indexes: ['constructor'] }, 'index "constructor" is not in the schema'],
    ['has indexes that are none', { ...valid, indexes: 'n' }, 'indexes must be an array of field names'],
    ['lives badly', { ...valid, ttl: '5 minutes' }, 'ttl must be'],
    ['does not live', { ...valid, ttl: 0 }, 'ttl must be'],
    ['has no room', { ...valid, maxSize: 0 }, 'maxSize must be'],
    ['has half a room', { ...valid, maxSize: 1.5 }, 'maxSize must be'],
    ['is of an unknown kind', { ...valid, etsType: 'bag' }, 'etsType must be set or ordered_set'],
    ['is code', { ...valid, validate: () => [] }, 'validate must be a function, in code'],
    [
      'has the store’s own field',
      { key: 'id', schema: { ...schema, _version: { type: 'number' } } },
      '"_version" is the store',
    ],
    ['has a field that is none', withField('string'), 'field "f": its definition must be an object'],
    ['has a field of no type', withField({}), 'field "f": there is no type undefined'],
    ['has a field of an unknown type', withField({ type: 'text' }), 'field "f": there is no type "text"'],
    [
      'generates the unknown',
      withField({ type: 'string', generated: 'nanoid' }),
      'field "f": generated cannot be "nanoid"',
    ],
    [
      'generates what does not fit',
      withField({ type: 'string', generated: 'autoincrement' }),
      'does not fit the type string',
    ],
    ['has an unknown format', withField({ type: 'string', format: 'ipv4' }), 'field "f": there is no format "ipv4"'],
    ['has a format of all objects', withField({ type: 'string', format: 'constructor' }), 'there is no format'],
    [
      'has a broken pattern',
      withField({ type: 'string', pattern: '(' }),
      'field "f": pattern must be a regular expression',
    ],
    ['looks ahead', withField({ type: 'string', pattern: '(?=a)' }), 'pattern must do without lookahead'],
    ['has an enum of one', withField({ type: 'string', enum: 'a' }), 'enum must be an array'],
    ['has a minimum in letters', withField({ type: 'number', min: '1' }), 'min must be a number'],
    ['has a negative length', withField({ type: 'string', maxLength: -1 }), 'maxLength must be'],
    ['is required maybe', withField({ type: 'string', required: 'yes' }), 'required must be true or false'],
    ['deletes strangely', withField({ type: 'string', ref: 'x', onDelete: 'explode' }), 'onDelete must be'],
    ['deletes without a reference', withField({ type: 'string', onDelete: 'cascade' }), 'onDelete needs a ref'],
    [
      'must have what it may lose',
      withField({ type: 'string', ref: 'x', onDelete: 'set_null', required: true }),
      'set_null',
    ],
    ['has properties of a string', withField({ type: 'string', properties: {} }), 'properties need the type object'],
    ['has items of an object', withField({ type: 'object', items: { type: 'string' } }), 'items need the type array'],
    [
      'is wrong deep down',
      withField({ type: 'array', items: { type: 'object', properties: { x: { type: 'strin' } } } }),
      'field "f[].x": there is no type "strin"',
    ],
    [
      'is unique deep down',
      withField({ type: 'object', properties: { x: { type: 'string', unique: true } } }),
      'field "f.x": unique needs the top level',
    ],
    ['has a default of code', withField({ type: 'string', default: () => 'x' }), 'default must be a value'],
  ])('that %s is refused, by name', (_, definition, problem) => {
    const refused = expect.objectContaining({
      code: 'unacceptable_request',
      message: expect.stringMatching(/^Bucket "b"/),
    });
    expect(() => checkBucket('b', definition, 'runTime')).toThrow(refused);
    expect(() => checkBucket('b', definition, 'runTime')).toThrow(problem);
  });

  it('may hold functions in code', () => {
    const definition = {
      ...withField({ type: 'string', default: () => 'x', validate: () => undefined }),
      validate: () => undefined,
    };
    expect(checkBucket('b', definition, 'code')).toBe(definition);
  });

  it.each([undefined, 5, '', '_b', 'x'.repeat(201)])('is refused for the name %p', (name) => {
    expect(() => checkBucket(name, valid, 'runTime')).toThrow(
      expect.objectContaining({ code: 'unacceptable_request' }),
    );
  });

  it('names unique and indexed fields', () => {
    const definition = checkBucket(
      'b',
      {
        key: 'id',
        schema: { id: { type: 'string', unique: true }, a: { type: 'string', ref: 'x' }, b: { type: 'string' } },
        indexes: ['b'],
      },
      'runTime',
    );
    expect(uniqueFields(definition)).toEqual(['id']);
    expect(indexedFields(definition)).toEqual(['b', 'a']);
  });
});

describe('an update of a bucket', () => {
  const before = checkBucket('b', { ...valid, indexes: ['n'], ttl: '1h', maxSize: 3 }, 'runTime');
  const updated = (updates: unknown, definition: BucketDefinition = before) => updateBucket('b', definition, updates);

  it('adds fields and indexes, also on new fields, and keeps the rest', () => {
    expect(updated({ addFields: { f: { type: 'string' } }, addIndexes: ['f', 'n'] })).toEqual({
      ...before,
      schema: { ...schema, f: { type: 'string' } },
      indexes: ['n', 'f'],
    });
    expect(updated({})).toEqual(before);
    expect(updated({ addIndexes: ['n'] }, checkBucket('b', valid, 'runTime'))).toEqual({ ...valid, indexes: ['n'] });
  });

  it('changes the lifetime, or takes it away', () => {
    expect(updated({ ttl: 5 }).ttl).toBe(5);
    expect(updated({ ttl: null })).not.toHaveProperty('ttl');
  });

  it.each<[string, unknown, string]>([
    ['adds a field that exists', { addFields: { n: { type: 'string' } } }, 'field "n": it exists already'],
    ['adds a bad field', { addFields: { f: { type: 'x' } } }, 'field "f": there is no type "x"'],
    ['adds an index on nothing', { addIndexes: ['x'] }, 'index "x" is not in the schema'],
    ['adds no list of indexes', { addIndexes: 'n' }, 'addIndexes must be an array'],
    ['sets a bad lifetime', { ttl: 'soon' }, 'ttl must be'],
    ['is none', 'x', 'updates must be an object'],
  ])('that %s is refused', (_, updates, problem) => {
    expect(() => updated(updates)).toThrow(problem);
  });
});

describe('the definition of a query', () => {
  it('is fine with parameters in place of operands, and stays as it was', () => {
    const query = {
      bucket: 'tasks',
      filter: {
        status: '{{ params.status }}',
        n: { $in: '{{ params.list }}', $gt: '{{params.min}}' },
        $or: [{ a: 1 }],
      },
      sort: { priority: 'desc' },
      offset: 0,
      limit: 5,
      fields: ['id'],
    };
    expect(checkQuery('q', query)).toBe(query);
    const groups = { bucket: 'b', aggregate: { function: 'sum', field: 'n', groupBy: ['a', 'b'] } };
    expect(checkQuery('q', groups)).toBe(groups);
    expect(checkQuery('q', { bucket: 'b', aggregate: { function: 'count' } })).toBeDefined();
  });

  it.each<[string, unknown]>([
    ['no object', null],
    ['no bucket', {}],
    ['an unknown operator', { bucket: 'b', filter: { a: { $like: 'x' } } }],
    ['an operand that is no parameter', { bucket: 'b', filter: { a: { $in: 'x' } } }],
    ['a direction', { bucket: 'b', sort: { a: 'up' } }],
    ['an offset', { bucket: 'b', offset: -1 }],
    ['a limit', { bucket: 'b', limit: 1.5 }],
    ['fields', { bucket: 'b', fields: 'id' }],
    ['a function', { bucket: 'b', aggregate: { function: 'median', field: 'n' } }],
    ['no field to sum', { bucket: 'b', aggregate: { function: 'sum' } }],
    ['groups by nothing', { bucket: 'b', aggregate: { function: 'count', groupBy: [] } }],
  ])('is refused for %s, by name', (_, query) => {
    expect(() => checkQuery('q', query)).toThrow(/^Query "q": /);
  });
});
