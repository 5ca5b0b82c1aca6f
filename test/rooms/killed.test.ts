import { describe, expect, it } from '@jest/globals';
import { newRoom, roomWorld, texts, viewOf } from '../support/rooms.ts';
import type { Client } from '../support/sockets.ts';

/** Handlers die between any two of their I/Os and are delivered again: nothing acknowledged is lost, nothing is left over. */
const world = await roomWorld();
const everyIo = Array.from({ length: 16 }, (_, n) => n);

async function killedAfter(ios: number, act: () => void) {
  world.killNextAfter(ios);
  act();
  await world.settled();
  world.killNextAfter(Number.POSITIVE_INFINITY);
  expect(world.dead).toEqual([]);
}

const distinct = (heard: readonly string[]) => [...new Set(heard)];

describe.each(everyIo)('killed before I/O %i', (ios) => {
  it('a join ends with everybody knowing everybody', async () => {
    const roomId = newRoom();
    const [alice] = (await world.together(roomId, 1)) as [Client];
    const bob = await world.connect();
    await killedAfter(ios, () => bob.send('join_room', { roomId, presence: { here: true } }));
    expect(viewOf(alice.heard).get(bob.id)).toEqual({ here: true });
    expect([...viewOf(bob.heard).keys()].sort()).toEqual([alice.id, bob.id].sort());
    alice.send('send_chat', { message: 'hi' });
    await world.settled();
    expect(texts(bob.heard)).toEqual(['hi']);
  });

  it('a chat message is stored once and reaches everybody', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    await killedAfter(ios, () => alice.send('send_chat', { message: 'one' }));
    alice.send('send_chat', { message: 'two' });
    await world.settled();
    for (const client of [alice, bob]) expect(distinct(texts(client.heard))).toEqual(['one', 'two']);
    // A number whose writer died is sealed by the first reader who finds it old enough.
    world.advance(6_000);
    const late = await world.inside(roomId);
    expect(late.heard[0]?.payload.chatHistory.map((one: { message: string }) => one.message)).toEqual(['one', 'two']);
  });

  it('a leave is heard and stays', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    await killedAfter(ios, () => bob.send('leave_room'));
    expect(distinct(alice.heard.flatMap((frame) => frame.payload.left ?? []))).toEqual([bob.id]);
    const late = await world.inside(roomId);
    expect(Object.keys(late.heard[0]?.payload.presence).sort()).toEqual([alice.id, late.id].sort());
  });

  it('a disconnect is heard, and no row is left', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    await killedAfter(ios, () => bob.close());
    expect(distinct(alice.heard.flatMap((frame) => frame.payload.left ?? []))).toEqual([bob.id]);
    expect(await world.ports.connections.query({ pk: `CONN#${bob.id}` })).toEqual([]);
    const rows = await world.ports.connections.query({ pk: `MEMBER#room:${roomId}` });
    expect(rows.map((row) => row.sk)).toEqual([alice.id]);
  });

  it('the last of a burst of presence updates is what everybody ends with', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    await killedAfter(ios, () => {
      for (let n = 1; n <= 4; n++) alice.send('update_presence', { presence: { n } });
    });
    expect(viewOf(bob.heard).get(alice.id)).toEqual({ n: 4 });
  });
});

describe('a batch that comes again', () => {
  it('posts again only what may not have reached everybody: the last message of a sender', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    const frames = Array.from({ length: 5 }, (_, n) => alice.laneFrame('send_chat', { message: String(n) }));
    for (const frame of frames) await frame.deliver(1);
    for (const frame of frames) await frame.deliver(2);
    expect(texts(bob.heard)).toEqual(['0', '1', '2', '3', '4', '4']);
    const late = await world.inside(roomId);
    expect(late.heard[0]?.payload.chatHistory).toHaveLength(5);
  });

  it('says nothing in the room its sender has moved on to, and takes back no move', async () => {
    const [from, to] = [newRoom(), newRoom()];
    const [mover, left] = (await world.together(from, 2)) as [Client, Client];
    const [met] = (await world.together(to, 1)) as [Client];
    const frames = [
      mover.laneFrame('send_chat', { message: 'before' }),
      mover.laneFrame('broadcast_event', { event: 'before' }),
      mover.laneFrame('update_presence', { presence: { in: 'from' } }),
      mover.laneFrame('join_room', { roomId: to, presence: { in: 'to' } }),
      mover.laneFrame('send_chat', { message: 'after' }),
    ];
    for (const frame of frames) await frame.deliver(1);
    for (const frame of frames.slice(0, 3)) await frame.deliver(2);
    await world.settled();
    expect(texts(met.heard)).toEqual(['after']);
    expect(met.of('broadcast_event')).toEqual([]);
    expect(viewOf(met.heard)).toEqual(new Map([[mover.id, { in: 'to' }]]));
    expect(texts(left.heard)).toEqual(['before']);

    const leave = mover.laneFrame('leave_room', {});
    await leave.deliver(1);
    for (const frame of frames) await frame.deliver(2);
    await world.settled();
    expect(await world.ports.connections.query({ pk: `MEMBER#room:${to}` })).toHaveLength(1);
    expect(texts(met.heard)).toEqual(['after']);
  });

  it('brings back no older presence', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    const frames = Array.from({ length: 4 }, (_, n) => alice.laneFrame('update_presence', { presence: { n } }));
    for (const frame of frames) await frame.deliver(1);
    for (const frame of frames.slice(0, 3)) await frame.deliver(2);
    await world.settled();
    expect(viewOf(bob.heard).get(alice.id)).toEqual({ n: 3 });
    const late = await world.inside(roomId);
    expect(viewOf(late.heard).get(alice.id)).toEqual({ n: 3 });
  });

  it('is recognised however much was said in the meantime', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    const frame = alice.laneFrame('send_chat', { message: 'early' });
    await frame.deliver(1);
    for (let n = 0; n < 700; n++) bob.send('send_chat', { message: String(n) });
    await world.settled();
    await frame.deliver(2);
    const late = await world.inside(roomId);
    expect(texts(late.heard)).toEqual([]);
    expect((await world.ports.table.get({ pk: `HEAD#room:${roomId}`, sk: 'HEAD' }))?.sequence).toBe(701);
  });
});
