import { describe, expect, it } from '@jest/globals';
import { durationMs } from '../../functions/rules/duration.ts';
import {
  firstKeySegment,
  firstSegment,
  isExactKey,
  isRuleName,
  matchesKey,
  matchesTopic,
} from '../../functions/rules/patterns.ts';
import { arbitrary } from '../support/arbitrary.ts';

describe('a topic pattern', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['order.created', ['order.created'], ['order', 'order.created.eu', 'Order.created', 'orderXcreated']],
    ['*', ['a', 'a.b', 'a.b.c', '*'], []],
    ['order.*', ['order.created', 'order.created.eu', 'order.'], ['order', 'orders.created', 'x.order.created']],
    ['a.*.c', ['a.b.c', 'a.*.c'], ['a.c', 'a.b.b.c', 'a.b.d', 'a.b.c.d']],
    ['*.a', ['x.a'], ['a', 'x.y.a', 'x.b', 'x.a.y']],
    ['*.*', ['a.b', 'a.b.c'], ['a']],
    ['a.*.*', ['a.b.c', 'a.b.c.d'], ['a.b', 'a']],
    ['a.b*', ['a.b*'], ['a.b', 'a.bc', 'a.b.c']],
    ['a*', ['a*'], ['ab', 'a.b']],
    ['**', ['**'], ['a', '*']],
    ['a.+', ['a.+'], ['a.b']],
    ['', [''], ['a']],
  ])('%s fits', (pattern, fitting, others) => {
    expect(fitting.filter((topic) => !matchesTopic(pattern, topic))).toEqual([]);
    expect(others.filter((topic) => matchesTopic(pattern, topic))).toEqual([]);
  });

  it('fits topics that are found by its first segment, or by the star', () => {
    const random = arbitrary(7);
    const text = () => Array.from({ length: 1 + random.integer(3) }, () => random.oneOf(['a', 'b', '*'])).join('.');
    for (let round = 0; round < 500; round++) {
      const [pattern, topic] = [text(), text()];
      if (matchesTopic(pattern, topic)) expect(['*', firstSegment(topic)]).toContain(firstSegment(pattern));
    }
  });
});

describe('a key pattern', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['user:1', ['user:1'], ['user:2', 'user', 'user:1:name']],
    ['user:*', ['user:1', 'user:', 'user:a.b'], ['user', 'user:1:name', 'users:1']],
    ['*', ['user', ''], ['user:1']],
    ['*:1', ['a:1'], ['1', 'a:b:1']],
    ['a:*:*', ['a:b:c'], ['a:b', 'a:b:c:d']],
    ['a.b:x*', ['a.b:x*'], ['a.b:xy', 'aXb:x*']],
  ])('%s fits', (pattern, fitting, others) => {
    expect(fitting.filter((key) => !matchesKey(pattern, key))).toEqual([]);
    expect(others.filter((key) => matchesKey(pattern, key))).toEqual([]);
  });

  it('may name one key exactly, and has a first segment', () => {
    expect(['a:b', 'a:*', 'a*:b', '*'].map(isExactKey)).toEqual([true, false, true, false]);
    expect(['a:b.c', '*:a', 'a'].map(firstKeySegment)).toEqual(['a', '*', 'a']);
  });
});

describe('names', () => {
  it('are strings of 1 to 512 bytes', () => {
    expect(
      ['a', 'x'.repeat(512), 'é'.repeat(256), '', 'x'.repeat(513), 'é'.repeat(257), 5, null].map(isRuleName),
    ).toEqual([true, true, true, false, false, false, false, false]);
  });
});

describe('a duration', () => {
  it.each([
    [1, 1],
    [1500, 1500],
    ['500ms', 500],
    ['1s', 1_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['1y', 31_536_000_000],
    ['0s', 0],
  ])('%p is %d ms', (duration, ms) => {
    expect(durationMs(duration)).toBe(ms);
  });

  it.each([
    0,
    -1,
    Number.NaN,
    Infinity,
    '',
    '5',
    's',
    '1.5s',
    '-1s',
    '1 s',
    '1S',
    '5min',
    '1h30m',
    null,
    undefined,
    {},
  ])('is not %p', (duration) => {
    expect(durationMs(duration)).toBeUndefined();
  });
});
