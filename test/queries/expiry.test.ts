import { afterEach, describe, expect, it } from '@jest/globals';
import { liveQuery } from '../support/live-queries.ts';
import { noexWorld } from '../support/noex.ts';

const present = { key: 'id', schema: { id: { type: 'string' }, room: { type: 'string' } }, indexes: ['room'] } as const;
const world = await noexWorld({
  buckets: { presence: { ...present, ttl: '10s' }, visitors: { ...present, ttl: '1h' } },
  queries: {
    room: (ctx, { room }) => ctx.bucket('presence').where({ room }),
    count: (ctx) => ctx.bucket('visitors').count(),
  },
});
const client = await world.connect();
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

/** Time goes on, and whoever is to be woken up meanwhile is. */
async function later(ms: number) {
  world.advance(ms);
  await world.remind();
}

describe('records that expire', () => {
  it('leave results without any write, one after the other', async () => {
    const query = await liveQuery(client, 'room', { room: 'a' });
    const one = await client.get('store.insert', { bucket: 'presence', data: { id: '1', room: 'a' } });
    await later(5_000);
    const two = await client.get('store.insert', { bucket: 'presence', data: { id: '2', room: 'a' } });
    await later(4_000);
    expect(query.pushes()).toEqual([[one], [one, two]]);
    await later(1_000);
    expect(query.view()).toEqual([two]);
    await later(5_000);
    expect(query.pushes()).toEqual([[one], [one, two], [two], []]);
  });

  it('are not waited for where they make no difference', async () => {
    const before = world.reminders.length;
    await liveQuery(client, 'room', { room: 'empty' });
    await client.get('store.insert', { bucket: 'presence', data: { id: '3', room: 'elsewhere' } });
    expect(world.reminders.length).toBe(before);
  });

  it('count no more, however long they live and whatever the result shows of them', async () => {
    const query = await liveQuery(client, 'count');
    await client.get('store.insert', { bucket: 'visitors', data: { id: '1', room: 'b' } });
    await later(30 * 60_000);
    await client.get('store.insert', { bucket: 'visitors', data: { id: '2', room: 'b' } });
    await later(30 * 60_000);
    expect(query.pushes()).toEqual([1, 2, 1]);
    await later(30 * 60_000);
    expect(query.pushes()).toEqual([1, 2, 1, 0]);
  });

  it('wake nobody up for a query that nobody is subscribed to any more', async () => {
    const other = await world.connect();
    await client.get('store.insert', { bucket: 'presence', data: { id: '9', room: 'left' } });
    const { id } = await liveQuery(other, 'room', { room: 'left' });
    await other.get('store.unsubscribe', { subscriptionId: id });
    const said = other.frames().length;
    await later(20_000);
    expect(other.frames().length).toBe(said);
    expect(world.reminders).toEqual([]);
  });
});
