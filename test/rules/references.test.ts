import { describe, expect, it } from '@jest/globals';
import {
  hasKnownSources,
  interpolate,
  isReference,
  resolve,
  resolved,
  resolvedFields,
} from '../../functions/rules/references.ts';
import { scopeOf } from '../support/rules-scope.ts';

const scope = scopeOf(
  { id: 7, user: { name: 'Ann' }, list: ['x', { y: 1 }], nothing: null },
  { plain: 1, 'user:7:name': 'Bob', 'a.b': true, 'user:Bob:age': 9 },
  {
    variables: { item: { n: 3 }, item_index: 0 },
    matched: [
      { event: { data: { id: 'first', data: { id: 'inner' } } } },
      { event: { data: { id: 'second', n: 2 } }, as: 'login' },
    ],
  },
);

describe('a reference', () => {
  it.each([
    ['event.id', 7],
    ['trigger.user.name', 'Ann'],
    ['event.list.1.y', 1],
    ['event.list.length', 2],
    ['event.nothing', null],
    ['event.absent.x', undefined],
    ['event.constructor', undefined],
    ['event.user.name.length', undefined],
    ['fact.plain', 1],
    ['fact.a.b', true],
    ['fact.user:${event.id}:name', 'Bob'],
    ['fact.user:${fact.user:${event.id}:name}:age', 9],
    ['fact.absent', undefined],
    ['var.item.n', 3],
    ['var.item_index', 0],
    ['var.absent', undefined],
    ['matched.0.id', 'first'],
    ['matched.1.data.id', 'second'],
    ['matched.0.data.id', 'inner'],
    ['matched.login.n', 2],
    ['matched.login.data.n', 2],
    ['matched.2.id', undefined],
    ['matched.nobody.id', undefined],
    ['lookup.x', undefined],
    ['', undefined],
  ])('%s is %j', async (ref, value) => {
    expect(await resolve(ref, scope)).toEqual(value);
  });

  it('of a source alone is all it has', async () => {
    expect(await resolve('event', scope)).toBe(scope.event);
    expect(await resolve('matched.1', scope)).toEqual({ id: 'second', n: 2 });
  });

  it('is an object with a ref and nothing else', () => {
    expect([{ ref: 'event.x' }, { ref: 5 }, { ref: 'event.x', y: 1 }, 'event.x', null].map(isReference)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it.each([
    ['event.x', true],
    ['fact.a:${event.x}', true],
    ['fact.a:${nobody.x}', false],
    ['context.x', false],
    ['constructor.x', false],
    ['lookup.x.y', false],
    ['', false],
  ])('%s has sources that there are: %p', (ref, isKnown) => {
    expect(hasKnownSources(ref)).toBe(isKnown);
  });
});

describe('a text', () => {
  it.each([
    ['user:${event.id}:registered', 'user:7:registered'],
    ['${event.user.name}${event.id}', 'Ann7'],
    ['<${event.absent}${event.nothing}>', '<>'],
    ['${fact.user:${event.id}:name}!', 'Bob!'],
    ['${ event.id }', '7'],
    ['${event.user} ${event.list}', '{"name":"Ann"} ["x",{"y":1}]'],
    ['$event.id {event.id} ${event.id', '$event.id {event.id} ${event.id'],
    ['a}b${event.id}c}', 'a}b7c}'],
    ['', ''],
  ])('%s becomes %s', async (text, value) => {
    expect(await interpolate(text, scope)).toBe(value);
  });
});

describe('values', () => {
  it('are what they refer to, or what they are', async () => {
    expect(await resolved({ ref: 'event.user' }, scope)).toEqual({ name: 'Ann' });
    expect(await resolved('${event.id}', scope)).toBe('${event.id}');
    expect(await resolved({ deep: { ref: 'event.id' } }, scope)).toEqual({ deep: { ref: 'event.id' } });
  });

  it('of an object that refer to nothing are left out', async () => {
    const fields = { a: { ref: 'event.id' }, b: { ref: 'event.absent' }, c: null, d: { ref: 'event.nothing' } };
    expect(await resolvedFields(fields, scope)).toEqual({ a: 7, c: null, d: null });
  });
});
