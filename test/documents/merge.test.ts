import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { mergeUpdates } from '../../functions/documents/merge.ts';
import { arbitrary } from '../support/arbitrary.ts';
import { editedAtRandom, shuffled, stateAfter } from '../support/random-documents.ts';

const seeds = Array.from({ length: 60 }, (_, seed) => seed + 1);
const text = (update: Uint8Array) => Buffer.from(update).toString('base64');
const bytes = (update: string) => new Uint8Array(Buffer.from(update, 'base64'));
const junk = ['', 'not base64!', text(new TextEncoder().encode('no update')), '"quoted"', text(new Uint8Array([7]))];

/** Someone types, letter by letter. */
function typed(letters: number): Uint8Array[] {
  const doc = new Y.Doc();
  doc.clientID = 2 ** 31; // as long as nearly all of them are, which are left to chance
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => void updates.push(update));
  for (let at = 0; at < letters; at++) doc.getText('text').insert(at, 'x');
  return updates;
}

describe('merging updates', () => {
  it('makes one of them, worth the same document, in any order and however often they come', () => {
    for (const seed of seeds) {
      const any = arbitrary(seed);
      const { updates, state } = editedAtRandom(any, { edits: 60, gc: seed % 2 === 0 });
      const merged = mergeUpdates(shuffled(any, [...updates, ...updates.slice(0, 9)]).map(text));
      expect(merged).toHaveLength(1);
      expect(stateAfter(merged.map(bytes))).toEqual(state);
    }
  });

  it('comes to the same when it is done in steps, with more in between', () => {
    for (const seed of seeds) {
      const { updates, state } = editedAtRandom(arbitrary(seed), { edits: 60, formats: true });
      const some = updates.map(text);
      const twice = mergeUpdates([...mergeUpdates(some.slice(0, 20)), ...some.slice(10, 40)]);
      const all = mergeUpdates([...some.slice(40), ...twice]);
      expect(all).toHaveLength(1);
      expect(stateAfter([...updates, ...all.map(bytes)])).toEqual(state);
      expect(Y.encodeStateVectorFromUpdate(bytes(all[0] ?? ''))).toEqual(
        Y.encodeStateVectorFromUpdate(Y.mergeUpdates([...updates])),
      );
    }
  });

  it('carries along what is no update, as it is and once', () => {
    const { updates, state } = editedAtRandom(arbitrary(1));
    const [merged = '', ...rest] = mergeUpdates([...junk, ...updates.map(text), ...junk]);
    expect(rest).toEqual(junk);
    expect(stateAfter([bytes(merged)])).toEqual(state);
    expect(mergeUpdates([merged, ...rest])).toEqual([merged, ...rest]);
    expect(mergeUpdates(junk)).toEqual(junk);
    expect(mergeUpdates([])).toEqual([]);
  });

  it('keeps what builds on updates that have not come yet', () => {
    const updates = typed(30);
    const without = updates.filter((_, index) => index !== 7);
    const merged = mergeUpdates(without.map(text));
    expect(stateAfter([...merged.map(bytes), ...updates.slice(7, 8)])).toEqual(stateAfter(updates));
    expect(stateAfter(mergeUpdates([...merged, text(updates[7] ?? new Uint8Array())]).map(bytes))).toEqual(
      stateAfter(updates),
    );
  });

  it('keeps what was deleted, for whoever wants it back', () => {
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => void updates.push(update));
    doc.getText('text').insert(0, 'precious');
    doc.getText('text').delete(0, 8);
    expect(Buffer.from(mergeUpdates(updates.map(text))[0] ?? '', 'base64').toString()).toContain('precious');
  });

  it('makes of what was typed letter by letter hardly more than the text', () => {
    const updates = typed(10_000).map(text);
    const [merged = ''] = mergeUpdates(updates);
    expect(merged.length).toBeLessThan(1.4 * 10_000);
    expect(updates.join('').length).toBeGreaterThan(20 * merged.length);
  });

  it('goes on with the rest where an update reads well and makes no sense', () => {
    // An item whose parent is a piece of text.
    const doc = new Y.Doc();
    doc.clientID = 1;
    doc.getText('text').insert(0, 'text');
    const senseless = text(new Uint8Array([1, 1, 9, 0, 0x04, 0, 1, 0, 1, 97, 0]));
    const merged = mergeUpdates([text(Y.encodeStateAsUpdate(doc)), senseless, ...junk]);
    expect(stateAfter(merged.slice(0, 1).map(bytes))).toEqual(stateAfter([Y.encodeStateAsUpdate(doc)]));
    expect(merged.slice(-junk.length)).toEqual(junk);
  });
});
