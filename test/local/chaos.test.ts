import { describe, expect, it } from '@jest/globals';
import { createChaos } from '../../local/chaos.ts';

const many = Array.from({ length: 5_000 });

describe('chaos', () => {
  it('makes the same trouble from the same seed, and other trouble from another one', () => {
    const trouble = (seed: string | number) => {
      const chaos = createChaos(seed);
      return many.map(() => [chaos.delayMs(), chaos.duplicates(), chaos.killAfter()]);
    };
    expect(trouble('storm')).toEqual(trouble('storm'));
    expect(trouble('storm')).not.toEqual(trouble('calm'));
    expect(trouble(1)).not.toEqual(trouble(2));
  });

  it('waits for 0 to 30 ms', () => {
    const chaos = createChaos(1);
    const delays = new Set(many.map(() => chaos.delayMs()));
    expect([Math.min(...delays), Math.max(...delays), delays.size]).toEqual([0, 30, 31]);
  });

  it('doubles about every tenth delivery', () => {
    const chaos = createChaos(2);
    const doubled = many.filter(() => chaos.duplicates()).length;
    expect(doubled / many.length).toBeCloseTo(0.1, 1);
  });

  it('kills few invocations, at one of their first I/Os', () => {
    const chaos = createChaos(3);
    const kills = many.flatMap(() => chaos.killAfter() ?? []);
    expect(kills.length / many.length).toBeCloseTo(0.03, 1);
    expect(new Set(kills)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  });
});
