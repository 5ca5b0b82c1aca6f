import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { splitUpdate } from '../../client/split-update.ts';
import { readUpdate, writeUpdate } from '../../client/yjs-update.ts';
import { together } from '../../functions/yjs/together.ts';
import { arbitrary } from '../support/arbitrary.ts';
import { editedAtRandom, shuffled, stateAfter } from '../support/random-documents.ts';

/** One update of many, whatever they have in common. */

const seeds = Array.from({ length: 60 }, (_, seed) => seed + 1);
const merged = (updates: readonly Uint8Array[]) => writeUpdate(together(updates.map(readUpdate)));

/** What somebody has who has heard of these. */
function docAfter(updates: readonly Uint8Array[], gc: boolean): Y.Doc {
  const doc = new Y.Doc({ gc });
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

describe('updates laid together', () => {
  it('are worth the same document, in any order and however often they come', () => {
    for (const seed of seeds) {
      const any = arbitrary(seed);
      const { updates, state } = editedAtRandom(any, { edits: 60, gc: seed % 2 === 0 });
      const mixed = shuffled(any, [...updates, ...updates.slice(0, 9)]);
      expect(stateAfter([merged(mixed)])).toEqual(state);
      expect(Y.encodeStateVectorFromUpdate(merged(mixed))).toEqual(
        Y.encodeStateVectorFromUpdate(Y.mergeUpdates([...updates])),
      );
    }
  });

  it('are so where they overlap: cut here and there, and told by people who knew more or less', () => {
    for (const seed of seeds) {
      const any = arbitrary(seed);
      const gc = seed % 2 === 0;
      const { updates, state } = editedAtRandom(any, { people: 2, edits: 80, gc });
      const whole = docAfter(updates, gc);
      const tellings = Array.from({ length: 6 }, () => {
        const [some, known] = [any.integer(updates.length), any.integer(updates.length)];
        const teller = docAfter(updates.slice(0, some), gc);
        const stateVector = Y.encodeStateVector(docAfter(updates.slice(0, Math.min(some, known)), gc));
        return Y.encodeStateAsUpdate(teller, stateVector);
      });
      const parts = splitUpdate(Y.encodeStateAsUpdate(whole), 256 + any.integer(500));
      const all = shuffled(any, [...tellings, ...parts, ...updates.slice(0, 5)]);
      const one = merged(all);
      expect(stateAfter([one])).toEqual(state);
      expect(docAfter([one], gc).store.pendingStructs).toBeNull();
      expect(merged([one, ...all])).toEqual(merged([merged([one, ...all])]));
    }
  });

  it('say each operation once: a document that was told ten times is no larger', () => {
    const { updates } = editedAtRandom(arbitrary(1), { edits: 80 });
    const one = Y.encodeStateAsUpdate(docAfter(updates, true));
    expect(merged(Array.from({ length: 10 }, () => one)).length).toBeLessThanOrEqual(one.length);
  });

  it('are nothing where there are none', () => {
    expect(merged([])).toEqual(new Uint8Array([0, 0]));
  });
});
