import { describe, expect, it } from '@jest/globals';
import { arbitrary } from '../support/arbitrary.ts';
import { lives } from '../support/document-lives.ts';
import { seeds } from '../support/seeds.ts';

/**
 * One document, and whoever writes, reads, compacts, empties and sweeps it, all at once: their I/Os in any order, any of
 * them killed anywhere, time put forward so that what is unfinished is given up.
 */
describe('a document that everything happens to at once', () => {
  it.each(seeds(20))(
    'is to each reader all that was acknowledged in its life and nothing else (seed %i)',
    async (seed) => {
      const document = await lives(arbitrary(seed));
      await document.happen();
      expect(document.faults()).toEqual([]);
      expect(await document.afterwards()).toEqual({
        missing: [],
        foreign: [],
        rows: [],
        strays: [],
        lost: [],
        size: 'as kept',
        errors: [],
      });
    },
  );
});
