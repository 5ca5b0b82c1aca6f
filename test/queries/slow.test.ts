import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { liveQuery } from '../support/live-queries.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld({
  buckets: { counters: { key: 'name', schema: { name: { type: 'string' }, value: { type: 'number', default: 0 } } } },
  queries: {
    counter: async (ctx, { name }) => (await ctx.bucket('counters').get(name))?.value ?? null,
    broken: () => {
      throw new Error('boom');
    },
  },
  rules: {},
  auth: { required: false, permissions: { check: () => true } },
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
    // The job that tries the slow client again may be evaluating the query: then it pushes this result, too.
    await eventually(
      async () => quick.pushes(),
      (pushes) => pushes.length === 3,
    );
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

  it('is still owed its refusal', async () => {
    const client = await world.connect();
    world.clog(client.socket, true);
    await world.direct(client.socket, JSON.stringify({ id: 78, type: 'store.subscribe', query: 'broken' }));
    world.clog(client.socket, false);
    await world.settled();
    expect(client.frames().slice(1)).toEqual([expect.objectContaining({ id: 78, type: 'error' })]);
    expect(world.errors.splice(0)).not.toEqual([]);
  });

  it('is still told that its subscription has ended', async () => {
    await writer.get('store.defineQuery', { name: 'passing', config: { bucket: 'counters' } });
    const client = await world.connect();
    const { subscriptionId } = await client.get('store.subscribe', { query: 'passing', initialPush: false });
    world.clog(client.socket, true);
    await writer.get('store.undefineQuery', { name: 'passing' });
    world.clog(client.socket, false);
    await world.settled();
    expect(client.frames().slice(-1)).toEqual([
      { type: 'system', event: 'subscription_ended', subscriptionId, reason: 'query_undefined' },
    ]);
  });

  it('is still told that signing out has ended all of its subscriptions', async () => {
    const client = await world.connect();
    const live = await client.get('store.subscribe', { query: 'counter', params: { name: 'x' }, initialPush: false });
    const events = await client.get('rules.subscribe', { pattern: 'x' });
    world.clog(client.socket, true);
    await world.direct(client.socket, JSON.stringify({ id: 79, type: 'auth.logout' }));
    world.clog(client.socket, false);
    await world.settled();
    const heard = client.frames().slice(-3);
    const ended = heard.filter(({ event, reason }) => event === 'subscription_ended' && reason === 'logout');
    expect(ended.map((frame) => frame.subscriptionId).sort()).toEqual(
      [live.subscriptionId, events.subscriptionId].sort(),
    );
    expect(heard).toContainEqual({ id: 79, type: 'result', data: { loggedOut: true } });
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
