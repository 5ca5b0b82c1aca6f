import { describe, expect, it } from '@jest/globals';
import { concurrently, together } from '../../functions/core/concurrently.ts';

/** Ends when all that can go on without I/O has gone on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function slowly(done: string[], name: string): Promise<void> {
  await turn();
  done.push(name);
}

async function fail(name: string): Promise<never> {
  throw new Error(name);
}

describe('what is done some at a time', () => {
  it('has all been tried when it fails, and nothing goes on behind the back of whoever is told', async () => {
    const done: string[] = [];
    const doing = concurrently(2, ['a', 'b!', 'c', 'd!', 'e'], (name) =>
      name.endsWith('!') ? fail(name) : slowly(done, name),
    );
    await expect(doing).rejects.toThrow('b!');
    expect(done).toEqual(['a', 'c', 'e']);
  });

  it('is never more than that', async () => {
    let [now, most] = [0, 0];
    await concurrently(3, Array.from({ length: 10 }), async () => {
      most = Math.max(most, ++now);
      await turn();
      now -= 1;
    });
    expect(most).toBe(3);
  });
});

describe('what is done together', () => {
  it('answers in order', async () => {
    expect(await together([Promise.resolve(1), 'two', slowly([], 'three')])).toEqual([1, 'two', undefined]);
  });

  it('has all ended when it fails', async () => {
    const done: string[] = [];
    await expect(together([slowly(done, 'a'), fail('b'), slowly(done, 'c'), fail('d')])).rejects.toThrow('b');
    expect(done).toEqual(['a', 'c']);
  });
});
