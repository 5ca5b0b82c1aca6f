import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { splitUpdate } from '../../client/split-update.ts';
import { differenceTo, readStateVector, stateVectorOf, writeStateVector } from '../../client/update-difference.ts';
import { readUpdate, writeUpdate } from '../../client/yjs-update.ts';
import { arbitrary } from '../support/arbitrary.ts';
import { editedAtRandom, editors, shuffled, stateAfter, stateOf } from '../support/random-documents.ts';

const seeds = Array.from({ length: 60 }, (_, seed) => seed + 1);
const whole = (updates: readonly Uint8Array[]) => Y.mergeUpdates([...updates]);

/** A document with a long text pasted into what was there. */
function withPasted(text: string): { readonly update: Uint8Array; readonly doc: Y.Doc } {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'before after');
  doc.getText('text').insert(7, text);
  return { update: Y.encodeStateAsUpdate(doc), doc };
}

describe('an update', () => {
  it('is read and written as it was', () => {
    for (const seed of seeds) {
      const { updates } = editedAtRandom(arbitrary(seed), { gc: seed % 2 === 0 });
      for (const update of [...updates, whole(updates)]) expect(writeUpdate(readUpdate(update))).toEqual(update);
    }
  });

  it('is not read where it is cut off, goes on, or was never one', () => {
    const { updates } = editedAtRandom(arbitrary(1));
    const update = whole(updates);
    for (let length = 0; length < update.length; length += 7) {
      expect(() => readUpdate(update.subarray(0, length))).toThrow();
    }
    expect(() => readUpdate(Uint8Array.from([...update, 0]))).toThrow();
    expect(() => readUpdate(new TextEncoder().encode('not an update'))).toThrow();
    expect(() => readUpdate(Y.convertUpdateFormatV1ToV2(update))).toThrow();
  });

  it('is not read beyond its end, into what lies behind it in memory', () => {
    const memory = Buffer.from([1, 1, 5, 0, 4, 1, 1, 97, 200, 115, 101, 99, 114, 101, 116]);
    expect(() => readUpdate(memory.subarray(0, 9))).toThrow();
  });
});

describe('the parts of an update', () => {
  it('give what the whole gives, each building on those before it only', () => {
    for (const seed of seeds) {
      const any = arbitrary(seed);
      const { updates } = editedAtRandom(any, { edits: 80, gc: seed % 2 === 0, formats: seed % 3 === 0 });
      const parts = splitUpdate(whole(updates), 256 + any.integer(400));
      expect(parts.length).toBeGreaterThan(1);
      const doc = new Y.Doc();
      for (const part of parts) {
        Y.applyUpdate(doc, part);
        expect(doc.store.pendingStructs).toBeNull();
      }
      expect(stateOf(doc)).toEqual(stateAfter([whole(updates)]));
    }
  });

  it('give it in any order and some of them twice, where they are merged or told again', () => {
    for (const seed of seeds) {
      const any = arbitrary(seed);
      const { updates, state } = editedAtRandom(any, { edits: 80, gc: seed % 2 === 0 });
      const parts = splitUpdate(whole(updates), 256 + any.integer(400));
      const mixed = shuffled(any, [...parts, ...parts.slice(0, 3)]);
      expect(stateAfter([whole(mixed)])).toEqual(state);
      expect(stateAfter([...mixed, ...parts])).toEqual(state);
    }
  });

  it('have at most the size that was asked for', () => {
    for (const seed of seeds) {
      const { updates } = editedAtRandom(arbitrary(seed), { edits: 80 });
      for (const maxBytes of [256, 300, 1_000]) {
        for (const part of splitUpdate(whole(updates), maxBytes)) expect(part.length).toBeLessThanOrEqual(maxBytes);
      }
    }
  });

  it('are the update itself where it fits', () => {
    const { updates } = editedAtRandom(arbitrary(1), { edits: 3 });
    expect(splitUpdate(whole(updates), 30_000)).toEqual([whole(updates)]);
  });

  it.each([
    ['letters', 'x'.repeat(1_000_000)],
    ['characters of four bytes', '😀'.repeat(300_000)],
    ['characters of one to four bytes', 'aäく😀'.repeat(100_000)],
  ])('cut a text of a megabyte between its characters: %s', (_, text) => {
    const { update, doc } = withPasted(text);
    const parts = splitUpdate(update, 30_000);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(30_000);
    expect(parts.length).toBeLessThan(update.length / 29_000 + 2);
    const other = new Y.Doc();
    for (const part of parts.toReversed()) Y.applyUpdate(other, part);
    expect(other.getText('text').toString() === doc.getText('text').toString()).toBe(true);
    expect(Y.encodeStateVector(other)).toEqual(Y.encodeStateVector(doc));
  });

  it('cut long lists between their values, and leave a single value whole', () => {
    const doc = new Y.Doc();
    doc.getArray('list').insert(
      0,
      Array.from({ length: 5_000 }, (_, index) => ({ index, text: 'ä' })),
    );
    doc.getMap('map').set('large', 'y'.repeat(10_000));
    const parts = splitUpdate(Y.encodeStateAsUpdate(doc), 1_000);
    expect(parts.filter(({ length }) => length > 1_000)).toHaveLength(1);
    const other = new Y.Doc();
    for (const part of parts.toReversed()) Y.applyUpdate(other, part);
    expect(other.getArray('list').toJSON()).toEqual(doc.getArray('list').toJSON());
    expect(other.getMap('map').get('large') === doc.getMap('map').get('large')).toBe(true);
  });

  it('cannot be smaller than what they say beside their content', () => {
    expect(() => splitUpdate(new Uint8Array([0, 0]), 100)).toThrow(RangeError);
  });
});

describe('what somebody lacks', () => {
  it('brings them up to date, and is nothing where they are', () => {
    for (const seed of seeds) {
      const any = arbitrary(seed);
      const all = editors(any);
      all.edit(30);
      all.meet();
      const known = new Y.Doc();
      for (const update of all.updates) Y.applyUpdate(known, update);
      all.edit(30);
      const stateVector = readStateVector(Y.encodeStateVector(known));
      const news = all.updates
        .flatMap((update) => differenceTo(stateVector, readUpdate(update)) ?? [])
        .map(writeUpdate);
      expect(news.length).toBeLessThan(all.updates.length);
      expect(stateAfter([Y.encodeStateAsUpdate(known), ...news])).toEqual(all.state());
      const upToDate = stateVectorOf(all.updates.map(readUpdate));
      const left = all.updates.flatMap((update) => differenceTo(upToDate, readUpdate(update)) ?? []);
      expect(left.flatMap(({ structs }) => structs)).toEqual([]);
    }
  });

  it('is told from what is known without a gap, as Yjs tells it', () => {
    for (const seed of seeds) {
      const any = arbitrary(seed);
      const { updates } = editedAtRandom(any);
      const some = shuffled(any, updates).slice(0, 1 + any.integer(updates.length));
      const known = stateVectorOf(some.map(readUpdate));
      const merged = Y.decodeStateVector(Y.encodeStateVectorFromUpdate(whole(some)));
      expect(new Map([...known].sort())).toEqual(new Map([...merged].sort()));
      expect(readStateVector(writeStateVector(known))).toEqual(new Map([...known].sort(([a], [b]) => b - a)));
    }
  });

  it('is everything for whoever knows nothing', () => {
    const { updates } = editedAtRandom(arbitrary(1));
    const update = readUpdate(whole(updates));
    expect(differenceTo(new Map(), update)).toEqual(update);
    expect(differenceTo(new Map(), { structs: [], deletions: [] })).toBeUndefined();
  });
});
