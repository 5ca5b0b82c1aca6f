import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { newDataDir, npmStart, type Running } from '../support/npm-start.ts';
import { historyOf, type Participant, participate } from '../support/rooms-client.ts';

/** The whole process killed in the middle of a chat storm, again and again, and started on the same data. */

const people = 20;
const kills = 10;
/** Between two messages of one, at most: what it takes is to be said all the time, not that the machine can do nothing else. */
const pauseMs = 1_000;
const roomId = 'a storm/of chat #1';
let running: Running | undefined;
let everyone: Participant[] = [];

afterAll(async () => {
  for (const { rooms } of everyone) rooms.close();
  await running?.kill();
});

describe('npm start, killed with kill -9 ten times while twenty people chat', () => {
  it('has everything in history that was ever echoed, once, and everybody gets all they missed', async () => {
    const data = `--data=${newDataDir()}`;
    running = await npmStart('--port=0', data);
    const port = `--port=${new URL(running.url).port}`;
    const { socketUrl } = running;
    everyone = await Promise.all(Array.from({ length: people }, () => participate(socketUrl, roomId)));

    const storm = new AbortController();
    const acknowledged: string[] = [];
    const senders = everyone.map((one, index) => chatter(one, index, acknowledged, storm.signal));
    for (let kill = 0; kill < kills; kill++) {
      const before = acknowledged.length;
      await eventually(
        () => acknowledged.length,
        (count) => count > before + people / 2,
      );
      await delay(Math.random() * 200); // anywhere in the middle of something
      await running.kill();
      running = await npmStart(port, data);
    }
    storm.abort();
    const sent = await Promise.all(senders);

    const history = await historyOf(running.url, roomId);
    expect(new Set(history).size).toBe(history.length);
    expect(missing(acknowledged, history)).toEqual([]);
    expect(acknowledged.length).toBe(sent.reduce((sum, count) => sum + count, 0));
    for (const [index, count] of sent.entries()) {
      const own = history.filter((text) => text.startsWith(`${index}:`));
      expect(own).toEqual(Array.from({ length: count }, (_, number) => `${index}:${number}`));
    }
    for (const one of everyone) {
      await eventually(
        () => one.seen.size,
        (size) => size >= history.length,
      );
      expect([...one.seen.values()].filter((times) => times !== 1)).toEqual([]);
      expect(one.joins.slice(1)).not.toContain(false); // each return brought what was missed, never a new beginning
    }
  }, 300_000);

  it('starts once more after all that, stops cleanly, and still has every word', async () => {
    const data = `--data=${newDataDir()}`;
    const first = await npmStart('--port=0', data);
    const alice = await participate(first.socketUrl, roomId);
    await alice.rooms.chat('still here?');
    await first.kill();
    alice.rooms.close();
    const second = await npmStart('--port=0', data);
    expect(await historyOf(second.url, roomId)).toEqual(['still here?']);
    expect(await second.stop()).toMatch(/Stopping \.\.\.\n$/);
  });
});

/** Says one thing after the other, the next one when the last one is echoed. @returns how many */
async function chatter(
  { rooms }: Participant,
  index: number,
  acknowledged: string[],
  storm: AbortSignal,
): Promise<number> {
  let number = 0;
  while (!storm.aborted) {
    const { message } = await rooms.chat(`${index}:${number}`);
    acknowledged.push(message);
    number += 1;
    await delay(Math.random() * pauseMs);
  }
  return number;
}

function missing(wanted: readonly string[], present: readonly string[]): string[] {
  const there = new Set(present);
  return wanted.filter((text) => !there.has(text));
}
