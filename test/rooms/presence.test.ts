import { afterEach, describe, expect, it } from '@jest/globals';
import { flush } from '../../functions/core/channel/window.ts';
import { keys } from '../../functions/core/keys.ts';
import type { Clock, Ports } from '../../functions/core/ports.ts';
import { channelOf, roomChannel } from '../../functions/rooms/channel.ts';
import { newRoom, roomWorld, viewOf } from '../support/rooms.ts';
import type { Client } from '../support/sockets.ts';

const world = await roomWorld();
afterEach(() => {
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});

const move = (client: Client, presence: unknown) => client.send('update_presence', { presence });
const updatesOf = (heard: readonly { type: string; payload: { updated?: unknown[] } }[]) =>
  heard.flatMap((frame) => frame.payload.updated ?? []);

/** How many windows have passed since: a slow machine takes more of them for the same. */
function windowsFromNow(): () => number {
  const began = Date.now();
  return () => Math.floor((Date.now() - began) / 100);
}

describe('a presence update', () => {
  it('reaches everybody else, whole, and is not echoed', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    move(alice, { x: 1, nested: { a: null, b: [], c: '', 'd.e#f$/ ': 1.5, big: 9007199254740991, ü: '😀' } });
    await world.settled();
    expect(bob.take()).toEqual([
      {
        type: 'presence_updated',
        payload: {
          roomId,
          updated: [
            {
              connectionId: alice.id,
              presence: { x: 1, nested: { a: null, b: [], c: '', 'd.e#f$/ ': 1.5, big: 9007199254740991, ü: '😀' } },
            },
          ],
        },
      },
    ]);
    expect(alice.take()).toEqual([]);
  });

  it('keeps keys that JavaScript treats specially', async () => {
    const [alice, bob] = (await world.together(newRoom(), 2)) as [Client, Client];
    alice.sendText('{"type":"update_presence","payload":{"presence":{"__proto__":{"a":1},"constructor":2}}}');
    await world.settled();
    expect(JSON.stringify(bob.take()[0])).toContain('"presence":{"__proto__":{"a":1},"constructor":2}');
  });

  it('replaces what was there, for late joiners too', async () => {
    const roomId = newRoom();
    const alice = await world.inside(roomId, { presence: { a: 1, b: 2 } });
    move(alice, { c: 3 });
    await world.settled();
    const late = await world.inside(roomId);
    expect(late.heard[0]?.payload.presence[alice.id].presence).toEqual({ c: 3 });
  });

  it('outside a room is ignored', async () => {
    const client = await world.connect();
    move(client, { x: 1 });
    await world.settled();
    expect(client.heard).toEqual([]);
  });
});

describe('many updates', () => {
  it('of one member are coalesced: the first at once, the last in the end, none going back', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    const windows = windowsFromNow();
    for (let n = 1; n <= 30; n++) move(alice, { n });
    await world.settled();
    const seen = updatesOf(bob.heard).map((entry) => (entry as { presence: { n: number } }).presence.n);
    expect(seen[0]).toBe(1);
    expect(seen.at(-1)).toBe(30);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeLessThan(10 + windows());
  });

  it('that were claimed while a slow worker was posting wait for its window', async () => {
    const channel = channelOf(newRoom());
    const waited: number[] = [];
    const now = world.ports.clock.now();
    const clock: Clock = { upFor: () => 0, now: () => now, wait: async (ms) => void waited.push(ms) };
    const ports: Ports = Object.create(world.ports, { clock: { value: clock } });
    await ports.connections.put({ ...keys.window(channel), pending: now - 20, until: now + 70 });
    await flush(ports, roomChannel, { channel, flushAt: now - 20 });
    expect(waited).toEqual([0, 70]);
  });

  it('of everybody cost frames that grow with the members, not with their square', async () => {
    const roomId = newRoom();
    const clients = await world.together(roomId, 10);
    const windows = windowsFromNow();
    for (let n = 1; n <= 20; n++) for (const client of clients) move(client, { n });
    await world.settled();
    for (const client of clients) {
      expect(client.heard.length).toBeLessThan(30 + windows());
      const view = viewOf(client.heard);
      for (const other of clients) if (other !== client) expect(view.get(other.id)).toEqual({ n: 20 });
      expect(view.has(client.id)).toBe(false);
    }
  });

  it('say nothing about members who did not move', async () => {
    const roomId = newRoom();
    const [alice, bob, carol] = (await world.together(roomId, 3)) as [Client, Client, Client];
    for (let n = 1; n <= 5; n++) move(alice, { n });
    await world.settled();
    const ids = updatesOf([...bob.heard, ...carol.heard]).map(
      (entry) => (entry as { connectionId: string }).connectionId,
    );
    expect(new Set(ids)).toEqual(new Set([alice.id]));
  });

  it('are followed by a leave that stays: no ghost comes back', async () => {
    const roomId = newRoom();
    const clients = await world.together(roomId, 6);
    const [stays, ...others] = clients as [Client, ...Client[]];
    for (let n = 1; n <= 10; n++) for (const client of others) move(client, { n });
    for (const client of others) client.close();
    await world.settled();
    expect([...viewOf(stays.heard).keys()]).toEqual([]);
  });
});
