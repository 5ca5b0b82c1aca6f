import { afterEach, describe, expect, it } from '@jest/globals';
import { liveQuery } from '../support/live-queries.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld({
  buckets: { notes: { key: 'id', schema: { id: { type: 'string' }, text: { type: 'string' } } } },
  queries: { notes: (ctx) => ctx.bucket('notes').all() },
});
const writer = await world.connect();
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

const text = 'x'.repeat(50_000);
const insert = (id: string) => writer.get('store.insert', { bucket: 'notes', data: { id, text } });
const remove = (key: string) => writer.get('store.delete', { bucket: 'notes', key });

describe('a result that is too large for a message', () => {
  it('is said to be so once; the next one that fits is pushed', async () => {
    const query = await liveQuery(await world.connect(), 'notes');
    const [one, two] = [await insert('1'), await insert('2')];
    await insert('3');
    await insert('4');
    expect(query.pushes()).toEqual([[one], [one, two]]);
    const notice = { type: 'system', event: 'result_too_large', subscriptionId: query.id, limit: 131_072 };
    expect(query.notices()[0]).toEqual({ ...notice, bytes: expect.any(Number) });
    expect(query.notices()[0]?.bytes).toBeGreaterThan(150_000);
    expect(query.notices().length).toBe(1);
    await remove('4');
    await remove('3');
    expect([query.view(), query.notices().length]).toEqual([[one, two], 1]);
    await insert('5');
    expect(query.notices().length).toBe(2);
  });

  it('is refused to who subscribes, who then has subscribed to nothing', async () => {
    const client = await world.connect();
    const answer = await client.ask('store.subscribe', { query: 'notes' });
    expect(answer).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', details: { limit: 131_072 } });
    await remove('1');
    await remove('2');
    expect(client.frames().filter(({ type }) => type === 'push' || type === 'system')).toEqual([]);
    const row = await world.ports.connections.get({ pk: `CONN#${client.socket.id}`, sk: 'CONN' });
    expect(row?.subscriptions).toBeUndefined();
  });
});
