import { describe, expect, it } from '@jest/globals';
import { branded } from '../../functions/core/branded.ts';
import { enter } from '../../functions/core/channel/members.ts';
import type { EpochMs } from '../../functions/core/names.ts';
import { channelOf } from '../../functions/rooms/channel.ts';
import { newRoom, roomWorld, texts } from '../support/rooms.ts';
import type { Client } from '../support/sockets.ts';

/** A join that died after its first write and is not delivered again: with the queue, the machine, everything. */
const world = await roomWorld();

async function joinHalfway(client: Client, roomId: string): Promise<void> {
  const now = world.ports.clock.now();
  const entered = await enter(world.ports, channelOf(roomId), {
    connectionId: client.id,
    at: now,
    request: `died ${client.id}`,
    expiresAt: branded<EpochMs>(now + 3_600_000),
    about: JSON.stringify({ connectionId: client.id }),
    state: '{}',
    form: 'plain',
  });
  expect(entered).toBe(true);
}

describe('somebody whose join died', () => {
  it('is found by the next message when the socket died too, and holds up no message after that', async () => {
    const roomId = newRoom();
    const [alice] = (await world.together(roomId, 1)) as [Client];
    const ghost = await world.connect();
    await joinHalfway(ghost, roomId);
    ghost.vanish();
    world.advance(20_000);
    alice.send('send_chat', { message: 'anybody here?' });
    await world.settled();
    expect(texts(alice.heard)).toEqual(['anybody here?']);
    expect(alice.of('presence_updated').map(({ payload }) => payload.left)).toEqual([[ghost.id]]);
  });

  it('ends with everything when the join comes again after all', async () => {
    const roomId = newRoom();
    const [alice] = (await world.together(roomId, 1)) as [Client];
    const bob = await world.connect();
    await joinHalfway(bob, roomId);
    world.advance(20_000);
    alice.send('send_chat', { message: 'early' });
    await world.settled();
    bob.take();
    bob.send('join_room', { roomId });
    await world.settled();
    expect(bob.of('room_joined')[0]?.payload.chatHistory).toMatchObject([{ message: 'early' }]);
    alice.send('send_chat', { message: 'late' });
    await world.settled();
    expect(texts(bob.heard)).toEqual(['late']);
  });
});
