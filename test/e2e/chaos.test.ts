import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { npmStart, type Running } from '../support/npm-start.ts';
import { historyOf, type Participant, participate } from '../support/rooms-client.ts';

/** Delays, duplicates, reordering, and handlers that die between two of their calls. */

const people = 12;
const messages = 8;
const roomId = 'rough sea';
let running: Running;
let everyone: Participant[];

beforeAll(async () => {
  running = await npmStart('--port=0', '--fresh', '--chaos=2026');
  everyone = await Promise.all(Array.from({ length: people }, () => participate(running.socketUrl, roomId)));
});

afterAll(async () => {
  for (const { rooms } of everyone ?? []) rooms.close();
  await running?.stop();
});

describe('npm start --chaos', () => {
  it('loses no chat that was echoed, stores none twice, and keeps each sender’s order', async () => {
    await Promise.all(
      everyone.map(async ({ rooms }, index) => {
        for (let number = 0; number < messages; number++) await rooms.chat(`${index}:${number}`);
      }),
    );
    const history = await historyOf(running.url, roomId);
    expect(history).toHaveLength(people * messages);
    for (let index = 0; index < people; index++) {
      const own = history.filter((text) => text.startsWith(`${index}:`));
      expect(own).toEqual(Array.from({ length: messages }, (_, number) => `${index}:${number}`));
    }
    for (const { seen } of everyone) {
      await eventually(
        () => seen.size,
        (size) => size === history.length,
      );
    }
  });

  it('ends with everybody seeing the same people where they are', async () => {
    for (let step = 1; step <= 10; step++) for (const { rooms } of everyone) rooms.updatePresence({ step });
    const [gone, ...staying] = everyone;
    gone?.rooms.close();
    const ids = staying.map(({ rooms }) => rooms.connectionId).sort();
    for (const { rooms } of staying) {
      const view = await eventually(
        () => [...rooms.presence.values()].sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1)),
        (entries) => entries.length === ids.length && entries.every(({ presence }) => presence.step === 10),
      );
      expect(view.map(({ connectionId }) => connectionId)).toEqual(ids);
    }
  });
});
