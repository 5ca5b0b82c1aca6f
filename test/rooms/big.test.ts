import { afterEach, describe, expect, it } from '@jest/globals';
import { maxFrameBytes } from '../../functions/core/channel/channel.ts';
import { newRoom, roomWorld, texts, viewOf } from '../support/rooms.ts';
import type { Client } from '../support/sockets.ts';

const world = await roomWorld();
afterEach(() => {
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});

describe('a room that does not fit one frame', () => {
  it('still arrives complete: members and history in frames of at most 128 KB, in order', async () => {
    const roomId = newRoom();
    const talkers = await Promise.all(
      Array.from({ length: 6 }, () => world.inside(roomId, { presence: { blob: 'p'.repeat(40_000) } })),
    );
    const [alice] = talkers as [Client];
    for (let n = 0; n < 12; n++) alice.send('send_chat', { message: `${n} ${'x'.repeat(30_000)}` });
    await world.settled();
    const late = await world.inside(roomId);
    for (const frame of late.heard) expect(Buffer.byteLength(JSON.stringify(frame))).toBeLessThanOrEqual(maxFrameBytes);
    expect(late.heard[0]?.type).toBe('room_joined');
    expect(viewOf(late.heard).size).toBe(7);
    const history = late.heard[0]?.payload.chatHistory.map((one: { message: string }) => one.message);
    const all = [...history, ...texts(late.heard)].map((text: string) => Number.parseInt(text, 10));
    expect(all).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });
});

describe('a frame of 127 KB', () => {
  const blob = 'x'.repeat(127 * 1024 - 100);

  it.each([
    ['presence', 'update_presence', { presence: { blob } }],
    ['an event', 'broadcast_event', { event: 'e', payload: blob }],
    ['a message', 'send_chat', { message: blob }],
  ])('reaches the others, and newcomers: %s', async (_, type, payload) => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    alice.send(type, payload);
    await world.settled();
    const late = await world.inside(roomId);
    expect(bob.texts.at(-2)).toContain(blob);
    expect(late.texts.join('').includes(blob)).toBe(type !== 'broadcast_event');
    for (const text of [...bob.texts, ...late.texts])
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxFrameBytes);
  });

  it('is the presence somebody comes with', async () => {
    const roomId = newRoom();
    const [alice] = (await world.together(roomId, 1)) as [Client];
    const bob = await world.inside(roomId, { presence: { blob } });
    expect(viewOf(alice.heard)).toEqual(new Map([[bob.id, { blob }]]));
    expect(viewOf(bob.heard).get(bob.id)).toEqual({ blob });
    for (const text of [...alice.texts, ...bob.texts])
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxFrameBytes);
  });
});

describe('a room of hundreds', () => {
  it('hears chat once each, knows everybody, and notices who goes', async () => {
    const roomId = newRoom();
    const clients: Client[] = [];
    for (let batch = 0; batch < 4; batch++) {
      const some = await Promise.all(Array.from({ length: 80 }, () => world.connect()));
      for (const client of some) client.send('join_room', { roomId });
      await world.settled();
      clients.push(...some);
    }
    const [first] = clients as [Client];
    const last = clients.at(-1) as Client;
    expect(viewOf(first.heard).size).toBe(320);
    expect(viewOf(last.heard).size).toBe(320);
    // Joins came in windows: fewer frames than joins.
    expect(first.of('presence_updated').length).toBeLessThan(320);
    for (const client of clients) client.take();
    last.send('send_chat', { message: 'one' });
    last.send('send_chat', { message: 'two' });
    last.close();
    await world.settled();
    for (const client of clients.slice(0, -1)) {
      expect(texts(client.heard)).toEqual(['one', 'two']);
      expect(client.heard.flatMap((frame) => frame.payload.left ?? [])).toEqual([last.id]);
    }
  });
});
