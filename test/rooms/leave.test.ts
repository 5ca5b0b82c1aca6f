import { afterEach, describe, expect, it } from '@jest/globals';
import { sweep } from '../../functions/jobs/sweep.ts';
import { newRoom, roomWorld, texts, viewOf } from '../support/rooms.ts';
import type { Client } from '../support/sockets.ts';

const world = await roomWorld();
afterEach(() => {
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});

const leftIn = (client: Client): string[] => client.heard.flatMap((frame) => frame.payload.left ?? []);

describe('leaving', () => {
  it.each([
    ['without payload', undefined],
    ['with an empty payload', {}],
  ])('%s tells the others once and answers nothing', async (_, payload) => {
    const [alice, bob] = (await world.together(newRoom(), 2)) as [Client, Client];
    bob.send('leave_room', payload);
    bob.send('leave_room', payload);
    await world.settled();
    alice.send('send_chat', { message: 'anyone?' });
    await world.settled();
    expect(leftIn(alice)).toEqual([bob.id]);
    expect(bob.heard).toEqual([]);
  });

  it('another room than the current one is ignored', async () => {
    const [alice, bob] = (await world.together(newRoom(), 2)) as [Client, Client];
    bob.send('leave_room', { roomId: 'elsewhere' });
    bob.send('broadcast_event', { event: 'still here' });
    await world.settled();
    expect(alice.heard).toMatchObject([{ type: 'broadcast_event' }]);
  });
});

describe('a socket that ends', () => {
  it('is a leave, after what it had said before', async () => {
    const [alice, bob] = (await world.together(newRoom(), 2)) as [Client, Client];
    for (const message of ['last', 'words']) bob.send('send_chat', { message });
    bob.close();
    await world.settled();
    const heard = alice.heard.map((frame) => frame.payload.message ?? frame.payload.left);
    expect(heard).toEqual(['last', 'words', [bob.id]]);
  });

  it.each(['alone', 'in company'])('has said all that it sent, %s', async (company) => {
    const roomId = newRoom();
    const alice = company === 'alone' ? undefined : await world.inside(roomId);
    const bob = await world.connect();
    bob.send('join_room', { roomId });
    const words = Array.from({ length: 5 }, (_, n) => String(n));
    for (const message of words) bob.send('send_chat', { message });
    bob.close();
    await world.settled();
    const late = await world.inside(roomId);
    expect(late.heard[0]?.payload.chatHistory.map((one: { message: string }) => one.message)).toEqual(words);
    expect(viewOf(late.heard).has(bob.id)).toBe(false);
    if (alice) {
      expect(texts(alice.heard)).toEqual(words);
      expect(viewOf(alice.heard).has(bob.id)).toBe(false);
      expect(leftIn(alice)).toEqual([bob.id]);
    }
    expect(await world.ports.connections.query({ pk: `CONN#${bob.id}` })).toEqual([]);
  });

  it('right after it asked to join leaves nothing behind', async () => {
    const roomId = newRoom();
    const [alice] = (await world.together(roomId, 1)) as [Client];
    const clients = await Promise.all(Array.from({ length: 10 }, () => world.connect()));
    for (const client of clients) {
      client.send('join_room', { roomId });
      client.close();
    }
    await world.settled();
    expect([...viewOf(alice.heard).keys()]).toEqual([]);
    const late = await world.inside(roomId);
    expect(Object.keys(late.heard[0]?.payload.presence).sort()).toEqual([alice.id, late.id].sort());
  });

  it('is found by whoever posts to it next, announced once, and fails nobody', async () => {
    const clients = await world.together(newRoom(), 5);
    const [alice, bob, carol] = clients as [Client, Client, Client];
    carol.vanish();
    await Promise.all([alice.send('send_chat', { message: 'a' }), bob.send('broadcast_event', { event: 'b' })]);
    await world.settled();
    for (const client of clients.filter((one) => one !== carol)) expect(leftIn(client)).toEqual([carol.id]);
  });

  it('is announced once, whoever notices: disconnect, a post and the sweeper at the same time', async () => {
    const [alice, bob, carol] = (await world.together(newRoom(), 3)) as [Client, Client, Client];
    bob.vanish();
    world.advance(6 * 60_000);
    bob.close();
    alice.send('send_chat', { message: 'hello?' });
    await Promise.all([sweep(world.ports), sweep(world.ports)]);
    await world.settled();
    expect(leftIn(alice)).toEqual([bob.id]);
    expect(leftIn(carol)).toEqual([bob.id]);
  });
});

describe('the sweeper', () => {
  it('tells quiet sockets nothing that a stock client would notice, and finds the dead', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    const alone = await world.connect();
    bob.vanish();
    world.advance(6 * 60_000);
    await sweep(world.ports);
    await world.settled();
    expect(alice.heard).toContainEqual({ type: 'presence_updated', payload: { roomId } });
    expect(leftIn(alice)).toEqual([bob.id]);
    expect(alone.heard).toEqual([{ type: 'presence_updated', payload: { roomId: '' } }]);
    alice.take();
    await sweep(world.ports);
    expect(alice.heard).toEqual([]);
  });

  it('drops rows that have outlived their socket', async () => {
    const roomId = newRoom();
    const [alice] = (await world.together(roomId, 1)) as [Client];
    world.advance(3 * 3_600_000);
    await sweep(world.ports);
    expect(alice.heard).toEqual([]);
    expect(await world.ports.connections.query({ pk: `CONN#${alice.id}` })).toEqual([]);
    expect(await world.ports.connections.query({ pk: `MEMBER#room:${roomId}` })).toEqual([]);
  });
});
