import { afterEach, describe, expect, it } from '@jest/globals';
import { liveQuery } from '../support/live-queries.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld({
  buckets: { counters: { key: 'name', schema: { name: { type: 'string' }, value: { type: 'number', default: 0 } } } },
  queries: { counter: async (ctx, { name }) => (await ctx.bucket('counters').get(name))?.value ?? null },
});
const writer = await world.connect();
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

let count = 0;
async function newCounter(): Promise<{ name: string; set(value: number): Promise<unknown> }> {
  const name = `counter-${++count}`;
  await writer.get('store.insert', { bucket: 'counters', data: { name } });
  return { name, set: (value) => writer.get('store.update', { bucket: 'counters', key: name, data: { value } }) };
}

describe('a client that takes nothing more', () => {
  it('gets the newest result once it takes something again, and nothing of what was between', async () => {
    const { name, set } = await newCounter();
    const [client, other] = [await world.connect(), await world.connect()];
    const [slow, quick] = [await liveQuery(client, 'counter', { name }), await liveQuery(other, 'counter', { name })];
    world.clog(client.socket, true);
    for (const value of [1, 2, 3]) await set(value);
    expect([slow.pushes(), quick.pushes()]).toEqual([[], [1, 2, 3]]);
    world.clog(client.socket, false);
    await world.settled();
    expect([slow.pushes(), quick.pushes()]).toEqual([[3], [1, 2, 3]]);
    await set(4);
    expect(slow.pushes()).toEqual([3, 4]);
  });

  it('is still owed its answer', async () => {
    const { name, set } = await newCounter();
    const client = await world.connect();
    world.clog(client.socket, true);
    world.dispatch(
      client.socket,
      JSON.stringify({ id: 77, type: 'store.subscribe', query: 'counter', params: { name } }),
    );
    await set(1);
    world.clog(client.socket, false);
    await world.settled();
    const [answer, push] = client.frames().slice(1);
    expect(answer).toMatchObject({ id: 77, type: 'result', data: { data: 1 } });
    expect(push).toMatchObject({ type: 'push', subscriptionId: answer?.data.subscriptionId, data: 1 });
  });

  it('is closed after a minute', async () => {
    const { name, set } = await newCounter();
    const client = await world.connect();
    await liveQuery(client, 'counter', { name });
    world.clog(client.socket, true);
    await set(1);
    world.advance(61_000);
    await world.settled();
    expect(world.isOpen(client.socket)).toBe(false);
  });
});
