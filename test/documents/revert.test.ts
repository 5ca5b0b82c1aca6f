import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { mergeUpdates } from '../../functions/documents/merge.ts';
import { revertingUpdate } from '../../functions/documents/revert.ts';
import { arbitrary } from '../support/arbitrary.ts';
import { editors } from '../support/random-documents.ts';

const seeds = Array.from({ length: 60 }, (_, seed) => seed + 1);
const text = (update: Uint8Array) => Buffer.from(update).toString('base64');
const restorer = 4_000_000_000;

describe('reverting a document', () => {
  it.each([
    ['of people who forget what they delete', true],
    ['of people who forget nothing', false],
  ])('brings it back to what it was, for everybody who has it open: texts, lists, maps, XML %s', (_, gc) => {
    for (const seed of seeds) {
      const all = editors(arbitrary(seed), { gc, formats: true });
      all.edit(20);
      all.meet();
      const then = all.updates.map(text);
      const before = all.state();
      all.edit(25);
      // What had been added so far may have been merged meanwhile.
      const now = seed % 2 === 0 ? all.updates.map(text) : mergeUpdates(all.updates.map(text));
      const reverting = revertingUpdate(now, then, restorer);
      if (reverting) all.tell(reverting);
      expect(all.state()).toEqual(before);
    }
  });

  it('can be reverted itself', () => {
    for (const seed of seeds) {
      const all = editors(arbitrary(seed), { formats: true });
      all.edit(20);
      all.meet();
      const then = all.updates.map(text);
      all.edit(25);
      all.meet();
      const later = all.updates.map(text);
      const after = all.state();
      const first = revertingUpdate(later, then, restorer);
      if (!first) continue;
      all.tell(first);
      const second = revertingUpdate(all.updates.map(text), later, restorer + 1);
      if (second) all.tell(second);
      expect(all.state()).toEqual(after);
    }
  });

  it('leaves alone what somebody adds at the same time', () => {
    const doc = new Y.Doc();
    const note = doc.getText('text');
    note.insert(0, 'one');
    const then = [text(Y.encodeStateAsUpdate(doc))];
    note.insert(3, ' two');
    const now = [text(Y.encodeStateAsUpdate(doc))];
    const reverting = revertingUpdate(now, then, restorer);
    note.insert(0, 'zero ');
    if (reverting) Y.applyUpdate(doc, reverting);
    expect(note.toString()).toBe('zero one');
  });

  it('is nothing where nothing has happened since', () => {
    const all = editors(arbitrary(1));
    all.edit(20);
    const updates = all.updates.map(text);
    expect(revertingUpdate([...mergeUpdates(updates), 'no update'], updates, restorer)).toBeUndefined();
    expect(revertingUpdate([], [], restorer)).toBeUndefined();
  });

  it('empties a document that was empty', () => {
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'all of it');
    doc.getMap('map').set('key', 'value');
    const reverting = revertingUpdate([text(Y.encodeStateAsUpdate(doc))], [], restorer);
    if (reverting) Y.applyUpdate(doc, reverting);
    expect([doc.getText('text').toString(), doc.getMap('map').toJSON()]).toEqual(['', {}]);
  });
});
