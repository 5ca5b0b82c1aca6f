import { describe, expect, it } from '@jest/globals';
import { ttlMs } from '../../functions/store/duration.ts';

describe('the lifetime of records', () => {
  it.each([
    [1, 1],
    [0.5, 1],
    [250, 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['1.5h', 5_400_000],
    ['30 s', 30_000],
  ])('%p is %d ms', (ttl, ms) => {
    expect(ttlMs(ttl)).toBe(ms);
  });

  it.each([
    0,
    -1,
    Number.NaN,
    Infinity,
    1e308,
    '0s',
    '',
    's',
    '5',
    '5x',
    '-5s',
    '5ms',
    '5m5s',
    '1e3s',
    null,
    undefined,
    {},
  ])('is not %p', (ttl) => {
    expect(ttlMs(ttl)).toBeUndefined();
  });
});
