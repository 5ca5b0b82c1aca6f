import { expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { createGaps } from '../../client/yjs-gaps.ts';
import { createManualClock } from '../support/local-clock.ts';

/** A document that lacks what something builds on, since a frame was lost on its way. */

it('what is missing is asked for if it does not come by itself, less and less often', () => {
  const clock = createManualClock();
  const doc = new Y.Doc();
  let asked = 0;
  const gaps = createGaps(doc, clock, () => asked++);
  const other = new Y.Doc();
  const updates: Uint8Array[] = [];
  other.on('update', (update: Uint8Array) => void updates.push(update));
  for (const letter of 'abc') other.getText('text').insert(0, letter);
  const [first = new Uint8Array(), , third = new Uint8Array()] = updates;
  const hear = (update: Uint8Array) => {
    Y.applyUpdate(doc, update);
    gaps.look();
  };
  hear(first);
  clock.advance(60_000);
  expect(asked).toBe(0);
  hear(third);
  clock.advance(1_999);
  expect(asked).toBe(0);
  clock.advance(1);
  expect(asked).toBe(1);
  hear(third);
  clock.advance(3_999);
  expect(asked).toBe(1);
  clock.advance(1);
  expect(asked).toBe(2);
  hear(third);
  for (const update of updates) hear(update);
  clock.advance(60_000);
  expect([asked, doc.getText('text').toString()]).toEqual([2, 'cba']);
});
