import { describe, expect, it } from '@jest/globals';
import type { BucketDefinition, FieldDefinition, Schema } from '../../functions/core/bucket-definition.ts';
import { fieldIssues } from '../../functions/store/validate-field.ts';
import type { Making, StoredRecord } from '../../functions/store/validate-record.ts';
import { needsNumber, prepareInsert, prepareUpdate } from '../../functions/store/validate-record.ts';

const making: Making = {
  now: 1_000,
  ids: { uuid: () => 'a uuid', bytes: (length) => new Uint8Array(length).fill(0xab) },
  autoincrement: 7,
};

const bucket = (schema: Schema, more: Partial<BucketDefinition> = {}): BucketDefinition => ({
  key: 'id',
  schema,
  ...more,
});
const id: FieldDefinition = { type: 'string', generated: 'uuid' };

function inserted(definition: BucketDefinition, data: Record<string, unknown>): StoredRecord {
  const { record, issues } = prepareInsert(definition, data, making);
  if (issues) throw new Error(JSON.stringify(issues));
  return record;
}

const codes = (definition: BucketDefinition, data: Record<string, unknown>) =>
  prepareInsert(definition, data, making).issues?.map(({ field, code }) => `${field}: ${code}`) ?? [];

describe('a field', () => {
  it.each<
    [string, Omit<FieldDefinition, 'type'> & { type?: FieldDefinition['type'] }, readonly unknown[], readonly unknown[]]
  >([
    ['of strings', { type: 'string' }, ['', 'x'], [1, true, {}, []]],
    ['of numbers', { type: 'number' }, [0, -0, 1e308, 5e-324, -1.5], ['1', Number.NaN, Infinity, []]],
    ['of booleans', { type: 'boolean' }, [true, false], [0, 'true']],
    ['of objects', { type: 'object' }, [{}], [[], 'x', 1]],
    ['of arrays', { type: 'array' }, [[], [1]], [{}, 'x']],
    ['of dates', { type: 'date' }, ['2024-01-01', 0, 'whenever'], [true, {}, Number.NaN]],
  ])('%s takes these, and no others', (_, definition, passing, failing) => {
    const schema = { f: definition as FieldDefinition }; // the type is always given
    expect(passing.filter((f) => fieldIssues(schema, { f }).length > 0)).toEqual([]);
    for (const f of failing) expect(fieldIssues(schema, { f }).map(({ code }) => code)).toEqual(['type']);
  });

  it.each<[string, FieldDefinition, readonly unknown[], readonly unknown[]]>([
    ['enum', { type: 'string', enum: ['a', 'b'] }, ['a', 'b'], ['A', '']],
    ['enum', { type: 'number', enum: [1, 0] }, [1, -0], [2]],
    ['min', { type: 'number', min: 1 }, [1, 1.1], [0.9, -1]],
    ['max', { type: 'number', max: 0 }, [0, -1], [5e-324]],
    ['minLength', { type: 'string', minLength: 1 }, ['x'], ['']],
    ['maxLength', { type: 'string', maxLength: 2 }, ['', 'xx'], ['xxx']],
    ['pattern', { type: 'string', pattern: '^[A-Z]{3}-[0-9]+$' }, ['ABC-1'], ['', 'abc-1', 'ABC-1 ']],
    ['pattern', { type: 'string', pattern: 'b' }, ['abc'], ['ac']],
    [
      'format',
      { type: 'string', format: 'email' },
      ['a@b.c', 'a.b+c@d.e.f', '"x"@y.z'],
      ['', 'a', 'a@b', '@b.c', 'a@.c', 'a@b.', 'a b@c.d', 'a@b@c.d', 'a@b.c\n'],
    ],
    [
      'format',
      { type: 'string', format: 'url' },
      ['https://a.b/c?d', 'mailto:a@b'],
      ['', 'a', 'http://', '/a', '//a.b'],
    ],
    [
      'format',
      { type: 'string', format: 'iso-date' },
      [
        '2024-02-29',
        '2000-02-29',
        '0001-01-01',
        '2024-12-31T23:59',
        '2024-12-31T23:59:59Z',
        '2024-01-01T00:00:00.123+02:00',
      ],
      [
        '2023-02-29',
        '1900-02-29',
        '2024-02-30',
        '2024-04-31',
        '2024-13-01',
        '2024-00-10',
        '2024-01-00',
        '24-01-01',
        '2024-1-1',
        '2024-01-01T24:00',
        '2024-01-01T12:60',
        '2024-01-01 12:00',
        '2024-01-01Z',
        'x2024-01-01',
        '',
      ],
    ],
  ])('with %s is held to it', (code, definition, passing, failing) => {
    expect(passing.filter((f) => fieldIssues({ f: definition }, { f }).length > 0)).toEqual([]);
    for (const f of failing) expect(fieldIssues({ f: definition }, { f })).toMatchObject([{ field: 'f', code }]);
    for (const f of [null, undefined]) expect(fieldIssues({ f: definition }, { f })).toEqual([]);
  });

  it('that is required must be there, and may be empty', () => {
    const schema: Schema = { f: { type: 'string', required: true, minLength: 3 } };
    expect(fieldIssues(schema, {})).toEqual([{ field: 'f', message: 'Field is required', code: 'required' }]);
    expect(fieldIssues(schema, { f: null })).toMatchObject([{ code: 'required' }]);
    expect(fieldIssues({ f: { type: 'string', required: true } }, { f: '' })).toEqual([]);
  });

  it('is told all that is wrong with it, beside those of the others', () => {
    const schema: Schema = {
      a: { type: 'string', enum: ['x'], minLength: 5, pattern: '^z', format: 'email' },
      b: { type: 'number', required: true },
      c: { type: 'boolean' },
    };
    expect(fieldIssues(schema, { a: 'y', c: 1 }).map(({ field, code }) => [field, code])).toEqual([
      ['a', 'enum'],
      ['a', 'minLength'],
      ['a', 'pattern'],
      ['a', 'format'],
      ['b', 'required'],
      ['c', 'type'],
    ]);
  });

  it('inside another one is named by its path', () => {
    const schema: Schema = {
      meta: {
        type: 'object',
        properties: {
          size: { type: 'number', required: true },
          in: { type: 'object', properties: { x: { type: 'string' } } },
        },
      },
      labels: { type: 'array', items: { type: 'string', maxLength: 3 } },
      rows: {
        type: 'array',
        items: { type: 'array', items: { type: 'object', properties: { n: { type: 'number' } } } },
      },
    };
    const record = { meta: { in: { x: 1 } }, labels: ['abc', 'abcd', 7, null], rows: [[], [{ n: 1 }, { n: 'x' }]] };
    expect(fieldIssues(schema, record).map(({ field, code }) => [field, code])).toEqual([
      ['meta.size', 'required'],
      ['meta.in.x', 'type'],
      ['labels[1]', 'maxLength'],
      ['labels[2]', 'type'],
      ['rows[1][1].n', 'type'],
    ]);
  });

  it('is looked at ten levels down, and no further', () => {
    const nested = (depth: number): Schema =>
      depth === 0 ? { x: { type: 'number' } } : { x: { type: 'object', properties: nested(depth - 1) } };
    const value = (depth: number): Record<string, unknown> => ({ x: depth === 0 ? 'no number' : value(depth - 1) });
    expect(fieldIssues(nested(10), value(10))).toHaveLength(1);
    expect(fieldIssues(nested(11), value(11))).toHaveLength(0);
  });

  it('may be called like something every object has', () => {
    const schema: Schema = JSON.parse(
      '{"constructor":{"type":"string"},"__proto__":{"type":"number","required":true}}',
    );
    expect(fieldIssues(schema, {}).map(({ field, code }) => [field, code])).toEqual([['__proto__', 'required']]);
  });

  it('is checked by code, too, once it has the right type', () => {
    const validate = (value: unknown, record: Readonly<Record<string, unknown>>) =>
      value === record.other ? 'must differ' : undefined;
    const schema: Schema = { f: { type: 'string', validate } };
    expect(fieldIssues(schema, { f: 'x', other: 'x' })).toEqual([
      { field: 'f', message: 'must differ', code: 'custom' },
    ]);
    expect(fieldIssues(schema, { f: 'x', other: 'y' })).toEqual([]);
    expect(fieldIssues(schema, { f: 5, other: 5 })).toMatchObject([{ code: 'type' }]);
  });
});

describe('a new record', () => {
  it('gets what is generated and what is default, where nothing is given', () => {
    const definition = bucket({
      id,
      c: { type: 'string', generated: 'cuid' },
      at: { type: 'number', generated: 'timestamp', default: 5 },
      n: { type: 'number', generated: 'autoincrement' },
      role: { type: 'string', default: 'user' },
      zero: { type: 'number', default: 0 },
      made: { type: 'string', default: () => 'by code' },
    });
    expect(inserted(definition, {})).toEqual({
      ...{ id: 'a uuid', c: `c${'ab'.repeat(16)}`, at: 1_000, n: 7, role: 'user', zero: 0, made: 'by code' },
      ...{ _version: 1, _createdAt: 1_000, _updatedAt: 1_000 },
    });
    expect(inserted(definition, { id: 'mine', n: 3, role: null })).toMatchObject({ id: 'mine', n: 3, role: null });
    expect([
      needsNumber(definition, {}),
      needsNumber(definition, { n: null }),
      needsNumber(definition, { n: 1 }),
    ]).toEqual([true, false, false]);
  });

  it('gets defaults inside of objects that are there', () => {
    const point: FieldDefinition = { type: 'object', properties: { x: { type: 'number', default: 1 } } };
    const definition = bucket({ id, point, points: { type: 'array', items: point } });
    expect(inserted(definition, { point: {}, points: [{ x: 2 }, {}, null] })).toMatchObject({
      point: { x: 1 },
      points: [{ x: 2 }, { x: 1 }, null],
    });
    expect(inserted(definition, {})).not.toHaveProperty('point');
  });

  it('keeps what the schema does not name, and decides itself about its own fields', () => {
    const data = JSON.parse(
      '{"extra":{"a":[1]},"_version":9,"_createdAt":9,"_updatedAt":9,"_expiresAt":9,"__proto__":{"x":1},"_mine":1}',
    );
    const record = inserted(bucket({ id }), data);
    expect(record).toMatchObject({ extra: { a: [1] }, _mine: 1, _version: 1, _createdAt: 1_000, _updatedAt: 1_000 });
    expect(Object.hasOwn(record, '__proto__')).toBe(true);
    expect(Object.hasOwn(record, '_expiresAt')).toBe(false);
  });

  it('expires a lifetime after its insert', () => {
    expect(inserted(bucket({ id }, { ttl: '1s' }), { _expiresAt: 1 })._expiresAt).toBe(2_000);
  });

  it('needs a key that is a string or a number', () => {
    const loose = bucket({ id: { type: 'string' } });
    expect(codes(loose, {})).toEqual(['id: required']);
    expect(codes(loose, { id: null })).toEqual(['id: required']);
    expect(codes(loose, { id: 5 })).toEqual(['id: type']);
    expect(codes(bucket({ id: { type: 'string', required: true } }), {})).toEqual(['id: required']);
    expect(codes(loose, { id: '' })).toEqual([]);
    expect(prepareInsert(bucket({ id: { type: 'number' } }), { id: -0 }, making)).toMatchObject({ key: -0 });
  });

  it('needs a key that can be sorted by, where keys are', () => {
    const key = 'x'.repeat(901);
    expect(codes(bucket({ id }, { etsType: 'ordered_set' }), { id: key })).toEqual(['id: maxLength']);
    expect(codes(bucket({ id }), { id: key })).toEqual([]);
  });

  it('is checked as a whole by code, once its types are right', () => {
    const definition = bucket(
      { id, n: { type: 'number', max: 3 } },
      { validate: (record) => (Number(record.n) > 2 ? ['too much', 'really'] : undefined) },
    );
    expect(codes(definition, { n: 1 })).toEqual([]);
    expect(codes(definition, { n: 5 })).toEqual(['n: max', '_record: custom', '_record: custom']);
    expect(codes(definition, { n: 'x' })).toEqual(['n: type']);
  });
});

describe('an updated record', () => {
  const definition = bucket(
    {
      id,
      at: { type: 'number', generated: 'timestamp' },
      name: { type: 'string', required: true },
      n: { type: 'number', default: 1 },
    },
    { ttl: 500 },
  );
  const current = inserted(definition, { name: 'x', extra: 1 });

  it('is merged at the top level, a version newer', () => {
    const { record } = prepareUpdate(definition, current, { name: 'y', n: null, more: { a: 1 } }, 1_200);
    expect(record).toEqual({ ...current, name: 'y', n: null, more: { a: 1 }, _version: 2, _updatedAt: 1_200 });
  });

  it('keeps its key, what was generated, and what is the store’s', () => {
    const data = { id: 'other', at: 5, _version: 70, _createdAt: 5, _updatedAt: 5, _expiresAt: 99_999 };
    expect(prepareUpdate(definition, current, data, 1_200).record).toEqual({
      ...current,
      _version: 2,
      _updatedAt: 1_200,
    });
  });

  it('is checked as a whole, and gets no defaults', () => {
    expect(prepareUpdate(definition, current, { name: null }, 1).issues).toMatchObject([
      { field: 'name', code: 'required' },
    ]);
    const { n: _, ...older } = current;
    expect(prepareUpdate(definition, older, {}, 1).record).not.toHaveProperty('n');
  });
});
