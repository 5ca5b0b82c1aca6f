import { afterEach, describe, expect, it } from '@jest/globals';
import { newRoom, roomWorld, texts } from '../support/rooms.ts';
import type { Client } from '../support/sockets.ts';

const world = await roomWorld();
afterEach(() => {
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});

describe('an event', () => {
  it.each([[0], [false], [''], [null], [{ deep: [1, { a: null }] }], [undefined]])(
    'with the payload %p arrives as it was sent, at everybody but the sender',
    async (payload) => {
      const roomId = newRoom();
      const [alice, bob, carol] = (await world.together(roomId, 3)) as [Client, Client, Client];
      alice.send('broadcast_event', { event: 'draw', ...(payload === undefined ? {} : { payload }) });
      await world.settled();
      const expected = { roomId, connectionId: alice.id, event: 'draw', ...(payload === undefined ? {} : { payload }) };
      for (const other of [bob, carol]) expect(other.take()).toEqual([{ type: 'broadcast_event', payload: expected }]);
      expect(alice.heard).toEqual([]);
    },
  );

  it('comes in the order its sender sent it, and once', async () => {
    const clients = await world.together(newRoom(), 5);
    for (let n = 0; n < 20; n++)
      for (const client of clients) client.send('broadcast_event', { event: 'e', payload: n });
    await world.settled();
    for (const client of clients) {
      for (const sender of clients.filter((one) => one !== client)) {
        const seen = client.heard.filter((frame) => frame.payload.connectionId === sender.id);
        expect(seen.map((frame) => frame.payload.payload)).toEqual(Array.from({ length: 20 }, (_, n) => n));
      }
    }
  });

  it('outside a room is ignored, as is chat, and nothing is stored', async () => {
    const client = await world.connect();
    client.send('broadcast_event', { event: 'draw' });
    client.send('send_chat', { message: 'hi' });
    await world.settled();
    expect(client.heard).toEqual([]);
  });
});

describe('rooms are isolated', () => {
  const names = [
    'a',
    'A',
    'a#',
    'a#b',
    'a%23b',
    'a/b',
    'a b',
    ' a',
    '__proto__',
    'constructor',
    'toString',
    '\u00e4',
    'a\u0308',
    '😀',
    'MEMBER',
    'a:b',
    'room:a',
  ];
  it('whatever they are called', async () => {
    const clients = new Map<string, Client>();
    for (const name of names) clients.set(name, await world.inside(name));
    for (const [name, client] of clients) client.send('send_chat', { message: name });
    await world.settled();
    for (const [name, client] of clients) {
      expect(Object.keys(client.heard[0]?.payload.presence)).toEqual([client.id]);
      expect(texts(client.heard)).toEqual([name]);
    }
  });
});
