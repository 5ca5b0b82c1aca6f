import { afterEach, describe, expect, it } from '@jest/globals';
import { newRoom, roomWorld, texts, viewOf } from '../support/rooms.ts';
import type { Client } from '../support/sockets.ts';

const world = await roomWorld();
afterEach(() => {
  world.deliverTimes(1);
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});

const frame = (type: string, payload: object = {}) => JSON.stringify({ type, payload });

describe('leave and join sent back to back, as stock clients do all the time', () => {
  it('end inside, for everybody, however often', async () => {
    const roomId = newRoom();
    const [alice, ...others] = (await world.together(roomId, 8)) as [Client, ...Client[]];
    for (let n = 0; n < 8; n++) {
      for (const client of others) {
        client.send('leave_room', { roomId });
        client.send('join_room', { roomId, presence: { n } });
      }
    }
    for (const client of others) client.send('send_chat', { message: client.id });
    await world.settled();
    const view = viewOf(alice.heard);
    for (const client of others) expect(view.get(client.id)).toEqual({ n: 7 });
    expect(texts(alice.heard).sort()).toEqual(others.map((client) => client.id).sort());
    for (const client of others) {
      const own = viewOf(client.heard);
      expect([...own.keys()].sort()).toEqual([alice, ...others].map((one) => one.id).sort());
    }
  });

  it('between two rooms never show somebody in both', async () => {
    const [a, b] = [newRoom(), newRoom()];
    const [inA] = (await world.together(a, 1)) as [Client];
    const [inB] = (await world.together(b, 1)) as [Client];
    const wanderer = await world.connect();
    for (let n = 0; n < 10; n++) {
      wanderer.send('join_room', { roomId: a });
      wanderer.send('join_room', { roomId: b });
    }
    await world.settled();
    expect([...viewOf(inA.heard).keys()]).toEqual([]);
    expect([...viewOf(inB.heard).keys()]).toEqual([wanderer.id]);
  });
});

describe('two handlers at once for one connection', () => {
  it('leave nothing behind that the next join does not clear away', async () => {
    const rooms = [newRoom(), newRoom(), newRoom()] as const;
    const [a, b] = (await Promise.all(rooms.slice(0, 2).map((roomId) => world.inside(roomId)))) as [Client, Client];
    const client = await world.connect();
    await Promise.all(rooms.slice(0, 2).map((roomId) => world.direct(client, frame('join_room', { roomId }))));
    client.send('join_room', { roomId: rooms[2] });
    await world.settled();
    for (const witness of [a, b]) expect(viewOf(witness.heard).has(client.id)).toBe(false);
    client.close();
    await world.settled();
    for (const roomId of rooms) {
      const rows = await world.ports.connections.query({ pk: `MEMBER#room:${roomId}` });
      expect(rows.map((row) => row.sk)).not.toContain(client.id);
    }
  });

  it('store what both say, and everybody hears all of it once', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    await Promise.all(
      Array.from({ length: 12 }, (_, n) => world.direct(alice, frame('send_chat', { message: String(n) }))),
    );
    expect(
      texts(bob.heard)
        .map(Number)
        .sort((x, y) => x - y),
    ).toEqual(Array.from({ length: 12 }, (_, n) => n));
    const late = await world.inside(roomId);
    expect(late.heard[0]?.payload.chatHistory).toHaveLength(12);
  });

  it('of which one is the disconnect leave no member behind', async () => {
    for (let n = 0; n < 10; n++) {
      const roomId = newRoom();
      const client = await world.connect();
      const joining = world.direct(client, frame('join_room', { roomId }));
      client.close();
      await joining;
      await world.settled();
      expect(await world.ports.connections.query({ pk: `MEMBER#room:${roomId}` })).toEqual([]);
      expect(await world.ports.connections.query({ pk: `CONN#${client.id}` })).toEqual([]);
    }
  });
});

describe('everything delivered twice', () => {
  it('is stored once and ends in the same views', async () => {
    const roomId = newRoom();
    world.deliverTimes(2);
    const clients = await world.together(roomId, 4);
    const [alice] = clients as [Client];
    for (const client of clients) {
      for (let n = 0; n < 5; n++) client.send('send_chat', { message: `${client.id} ${n}` });
      for (let n = 0; n < 5; n++) client.send('update_presence', { presence: { n } });
    }
    await world.settled();
    clients.at(-1)?.close();
    await world.settled();
    const late = await world.inside(roomId);
    const stored = late.heard.find((one) => one.type === 'room_joined')?.payload.chatHistory;
    expect(stored).toHaveLength(20);
    expect(new Set(stored.map((one: { message: string }) => one.message)).size).toBe(20);
    const view = viewOf(alice.heard);
    expect([...view.keys()].sort()).toEqual(
      [...clients.slice(0, -1).map((one) => one.id), late.id].filter((id) => view.has(id)).sort(),
    );
    for (const client of clients.slice(1, -1)) expect(view.get(client.id)).toEqual({ n: 4 });
  });
});
