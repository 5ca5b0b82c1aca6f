import { describe, expect, it } from '@jest/globals';
import { branded } from '../../functions/core/branded.ts';
import { countMembership } from '../../functions/core/channel/log.ts';
import { enter } from '../../functions/core/channel/members.ts';
import type { EpochMs } from '../../functions/core/names.ts';
import { channelOf } from '../../functions/rooms/channel.ts';
import { newRoom as room, roomWorld, viewOf } from '../support/rooms.ts';

const world = await roomWorld();
const inside = (roomId: string, presence?: object) => world.inside(roomId, presence ? { presence } : {});

describe('joining', () => {
  it('greets a lone joiner with itself, an empty history and nothing else', async () => {
    const roomId = room();
    const alice = await inside(roomId, { x: 1 });
    expect(alice.heard).toEqual([
      {
        type: 'room_joined',
        payload: {
          roomId,
          connectionId: alice.id,
          presence: { [alice.id]: { connectionId: alice.id, presence: { x: 1 } } },
          chatHistory: [],
        },
      },
    ]);
  });

  it('tells the others of a newcomer once, and the newcomer of everybody', async () => {
    const roomId = room();
    const alice = await inside(roomId, { x: 1 });
    const bob = await inside(roomId);
    expect(alice.heard.slice(1)).toEqual([
      { type: 'presence_updated', payload: { roomId, joined: [{ connectionId: bob.id, presence: {} }] } },
    ]);
    expect(Object.keys(bob.heard[0]?.payload.presence).sort()).toEqual([alice.id, bob.id].sort());
    expect(bob.heard).toHaveLength(1);
  });

  it('leaves the room one is in first', async () => {
    const [first, second] = [room(), room()];
    const alice = await inside(first);
    const bob = await inside(first);
    alice.take();
    bob.send('join_room', { roomId: second });
    await world.settled();
    expect(alice.take()).toEqual([{ type: 'presence_updated', payload: { roomId: first, left: [bob.id] } }]);
    expect(bob.heard.at(-1)?.payload.roomId).toBe(second);
  });

  it('again is leave and join, in this order, with the new presence', async () => {
    const roomId = room();
    const alice = await inside(roomId);
    const bob = await inside(roomId, { old: true });
    alice.take();
    bob.send('join_room', { roomId, presence: { new: true } });
    await world.settled();
    expect(alice.take().map((frame) => frame.payload)).toEqual([
      { roomId, left: [bob.id] },
      { roomId, joined: [{ connectionId: bob.id, presence: { new: true } }] },
    ]);
  });

  it('pipelined ends where the last frame says', async () => {
    const [a, b, c] = [room(), room(), room()];
    const client = await world.connect();
    client.send('join_room', { roomId: a });
    client.send('join_room', { roomId: b });
    client.send('join_room', { roomId: c });
    client.send('leave_room', { roomId: c });
    client.send('join_room', { roomId: c });
    client.send('send_chat', { message: 'here' });
    await world.settled();
    expect(client.heard.at(-1)).toMatchObject({ type: 'chat_message', payload: { roomId: c, message: 'here' } });
    for (const left of [a, b]) {
      const late = await inside(left);
      expect(Object.keys(late.heard[0]?.payload.presence)).toEqual([late.id]);
    }
  });

  it('of fifty at once ends with the truth in every view', async () => {
    const roomId = room();
    const clients = await Promise.all(Array.from({ length: 50 }, () => world.connect()));
    for (const client of clients) client.send('join_room', { roomId, presence: { me: client.id } });
    await world.settled();
    const everybody = clients.map((client) => client.id).sort();
    for (const client of clients) expect([...viewOf(client.heard).keys()].sort()).toEqual(everybody);
  });

  it('tells nothing of the room before the snapshot is out', async () => {
    const roomId = room();
    const alice = await inside(roomId);
    const joiner = await world.connect();
    const channel = channelOf(roomId);
    const at = world.ports.clock.now();
    const expiresAt = branded<EpochMs>(at + 60_000);
    const entrant = { connectionId: joiner.id, about: `{"connectionId":"${joiner.id}"}`, state: '{}' };
    await enter(world.ports, channel, { ...entrant, at, expiresAt, request: 'r', form: 'plain' });
    await countMembership(world.ports, channel);
    const bob = await inside(roomId);
    for (let n = 0; n < 3; n++) alice.send('update_presence', { presence: { n } });
    bob.close();
    await world.settled();
    expect(joiner.heard).toEqual([]);
  });
});

describe('chat', () => {
  it('reaches everybody once, the sender included, with the id and time that history shows', async () => {
    const roomId = room();
    const alice = await inside(roomId);
    const bob = await inside(roomId);
    alice.send('send_chat', { message: 'hi', metadata: { a: [null, ''] } });
    await world.settled();
    const live = alice.of('chat_message');
    expect(live).toHaveLength(1);
    expect(bob.of('chat_message')).toEqual(live);
    const carol = await inside(roomId);
    expect(carol.heard[0]?.payload.chatHistory).toEqual([live[0]?.payload]);
    expect(live[0]?.payload).toEqual({
      roomId,
      connectionId: alice.id,
      message: 'hi',
      metadata: { a: [null, ''] },
      id: expect.any(String),
      createdAt: expect.any(Number),
    });
  });

  it('of many senders at once is the same set in the same per-sender order everywhere', async () => {
    const roomId = room();
    const clients = await Promise.all(Array.from({ length: 8 }, () => inside(roomId)));
    for (let n = 0; n < 10; n++)
      for (const client of clients) client.send('send_chat', { message: `${client.id} ${n}` });
    await world.settled();
    const late = await inside(roomId);
    const stored: { message: string; createdAt: number }[] = late.heard[0]?.payload.chatHistory;
    expect(stored).toHaveLength(80);
    expect(stored.map((one) => one.createdAt)).toEqual(stored.map((one) => one.createdAt).sort((a, b) => a - b));
    for (const client of clients) {
      const live = client.of('chat_message').map((frame) => frame.payload.message);
      expect([...live].sort()).toEqual(stored.map((one) => one.message).sort());
      for (const sender of clients) {
        const own = (all: string[]) => all.filter((text) => text.startsWith(sender.id));
        expect(own(live)).toEqual(Array.from({ length: 10 }, (_, n) => `${sender.id} ${n}`));
        expect(own(stored.map((one) => one.message))).toEqual(own(live));
      }
    }
  });

  it('while somebody joins reaches the joiner exactly once', async () => {
    const roomId = room();
    const talker = await inside(roomId);
    for (let round = 0; round < 10; round++) {
      const joiner = await world.connect();
      for (let n = 0; n < 6; n++) talker.send('send_chat', { message: `${round}.${n}` });
      joiner.send('join_room', { roomId });
      for (let n = 6; n < 12; n++) talker.send('send_chat', { message: `${round}.${n}` });
      await world.settled();
      const joined = joiner.heard.findIndex((frame) => frame.type === 'room_joined');
      const known = joiner.heard[joined]?.payload.chatHistory.map((one: { message: string }) => one.message);
      const live = joiner.heard.slice(joined + 1).filter((frame) => frame.type === 'chat_message');
      const all = [...known, ...live.map((frame) => frame.payload.message)];
      const expected = Array.from({ length: 12 * (round + 1) }, (_, n) => `${Math.floor(n / 12)}.${n % 12}`);
      expect(all).toEqual(expected.slice(-all.length));
      expect(all.length).toBeGreaterThanOrEqual(Math.min(100, expected.length));
      joiner.close();
      await world.settled();
    }
  });
});

it('nothing unexpected happened', () => {
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});
