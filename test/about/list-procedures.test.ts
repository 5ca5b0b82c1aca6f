import { describe, expect, it } from '@jest/globals';
import * as z from 'zod/mini';
import { describeSchema } from '../../functions/about/describe-schema.ts';
import { makeWorld } from '../support/world.ts';

const { http } = await makeWorld();

describe('listing procedures', () => {
  it('names them in order, with input, origins and path', async () => {
    const { status, body } = await http('GET', '/api/v2/procedures');
    expect([status, body.success]).toEqual([200, true]);
    const names = body.procedures.map(({ name }: { name: string }) => name);
    expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b)));
    expect(names).not.toContain('logout');
    expect(body.procedures).toContainEqual({
      name: 'completeLogin',
      inputs: {
        type: 'object',
        schema: {
          userId: { type: 'string', description: 'Id of a user.' },
          requestId: { type: 'string' },
          code: { type: 'string', description: 'Six digits.' },
        },
      },
      origins: 'account',
      http: { method: 'POST', path: '/api/v2/completeLogin' },
    });
    expect(body.procedures).toContainEqual({
      name: 'replaceSession',
      origins: 'account',
      http: { method: 'POST', path: '/api/v2/replaceSession' },
    });
  });

  it('names no path that holds some of the input', async () => {
    const { body } = await http('GET', '/api/v2/procedures');
    expect(body.procedures).toContainEqual({
      name: 'getUserInfo',
      inputs: { type: 'object', schema: { userId: { type: 'string', description: 'Id of a user.' } } },
      origins: 'account',
    });
  });

  it('answers the same by name', async () => {
    const called = await http('POST', '/api/v3/callProcedure', { body: { procedure: 'listProcedures' } });
    expect(called.body).toEqual((await http('GET', '/api/v2/procedures')).body);
  });
});

describe('describing a schema', () => {
  it.each<[string, z.core.$ZodType, object]>([
    ['a number', z.int(), { type: 'number' }],
    ['a flag', z.boolean(), { type: 'boolean' }],
    ['a date', z.date(), { type: 'date' }],
    ['nothing', z.null(), { type: 'null' }],
    ['anything', z.unknown(), { type: 'any' }],
    ['what there is no word for', z.custom(() => true), { type: 'any' }],
    ['something optional', z.optional(z.string()), { type: 'string', optional: true }],
    ['something nullable', z.nullable(z.string()), { type: 'string', nullable: true }],
    ['a default', z._default(z.number(), 3), { type: 'number', hasDefault: true, defaultValue: 3 }],
    ['a transformation', z.pipe(z.string(), z.transform(Number)), { type: 'string' }],
    ['a preparation', z.pipe(z.transform(String), z.string()), { type: 'string' }],
    ['a choice', z.enum(['a', 'b']), { type: 'enum', values: ['a', 'b'] }],
    ['a constant', z.literal(7), { type: 'literal', value: 7 }],
    [
      'a list',
      z.array(z.string()).check(z.minLength(1), z.maxLength(3)),
      { type: 'array', schema: { type: 'string' }, minLength: 1, maxLength: 3 },
    ],
    [
      'a list of a length',
      z.array(z.string()).check(z.length(2)),
      { type: 'array', schema: { type: 'string' }, exactLength: 2 },
    ],
    ['a map', z.record(z.string(), z.number()), { type: 'record', valueSchema: { type: 'number' } }],
    ['a tuple', z.tuple([z.string(), z.number()]), { type: 'tuple', items: [{ type: 'string' }, { type: 'number' }] }],
    ['an open object', z.looseObject({}), { type: 'object', schema: {}, catchall: { type: 'any' } }],
    [
      'alternatives',
      z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })]),
      {
        type: 'union',
        options: [{ type: 'object', schema: { kind: { type: 'literal', value: 'a' } } }],
        discriminator: 'kind',
      },
    ],
  ])('says %s', (_, schema, described) => {
    expect(describeSchema(schema)).toEqual(described);
  });
});
