import { describe, expect, it } from '@jest/globals';
import { createPlace } from '../../client/place.ts';
import { createManualClock } from '../support/local-clock.ts';

describe('the place to resume from', () => {
  const clock = createManualClock();
  function placeAfter(...sequences: number[]) {
    const place = createPlace(clock);
    place.start('e', 10);
    for (const sequence of sequences) place.note(sequence);
    return place;
  }

  it('is asked for before a first snapshot', () => {
    expect(createPlace(clock).resume()).toBe(true);
  });

  it.each([
    [[], 10],
    [[11, 12], 12],
    [[12], 10],
    [[13, 12, 11], 13],
    [[11, 13], 11],
    [[3, 10], 10],
    [[11, 11, 12], 12],
  ])('after %j is %i', (sequences, sequence) => {
    expect(placeAfter(...sequences).resume()).toEqual({ epoch: 'e', sequence });
  });

  it('passes over a number that does not come for half a minute', () => {
    const place = placeAfter(12, 13, 15);
    clock.advance(30_000);
    expect(place.resume()).toEqual({ epoch: 'e', sequence: 10 });
    clock.advance(1);
    expect(place.resume()).toEqual({ epoch: 'e', sequence: 13 });
    clock.advance(30_001);
    place.note(16);
    expect(place.resume()).toEqual({ epoch: 'e', sequence: 16 });
  });
});
