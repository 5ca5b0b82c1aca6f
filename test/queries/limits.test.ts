import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { liveQuery } from '../support/live-queries.ts';
import { type NoexClient, noexWorld } from '../support/noex.ts';

const { auth: _, ...open } = app;
const [perConnection, total] = [20, 33];
const world = await noexWorld({
  ...open,
  connectionLimits: { maxSubscriptionsPerConnection: perConnection, maxTotalSubscriptions: total },
});
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

/** Asks so many times at once. @returns the ids that were given, and what the others were refused with */
async function subscribeTimes(
  client: NoexClient,
  times: number,
  query = 'user-count',
  paramsOf = (_: number): object => ({}),
) {
  const answers = await Promise.all(
    Array.from({ length: times }, (_, at) => client.ask('store.subscribe', { query, params: paramsOf(at) })),
  );
  return {
    ids: answers.flatMap(({ data }) => (data === undefined ? [] : String(data.subscriptionId))),
    refused: answers.flatMap(({ code, message }) => (code === undefined ? [] : `${code}: ${message}`)),
  };
}

const endAll = async (client: NoexClient, ids: readonly string[]) => {
  await Promise.all(ids.map((subscriptionId) => client.get('store.unsubscribe', { subscriptionId })));
};

describe('subscriptions of one connection', () => {
  it.each([
    ['to one query', () => ({ role: 'guest' })],
    ['to different queries', (at: number) => ({ role: String(at) })],
  ])('are limited exactly, however many are asked for at once: %s', async (_, paramsOf) => {
    const client = await world.connect();
    const { ids, refused } = await subscribeTimes(client, perConnection + 5, 'users-by-role', paramsOf);
    expect([ids.length, new Set(ids).size]).toEqual([perConnection, perConnection]);
    expect(new Set(refused)).toEqual(new Set(['RATE_LIMITED: Subscription limit reached (max 20 per connection)']));
    const [first = '', ...rest] = ids;
    await endAll(client, [first]);
    expect((await liveQuery(client, 'user-count')).data).toBe(0);
    expect(await client.refusal('store.subscribe', { query: 'user-count' })).toBe('RATE_LIMITED');
    await endAll(client, rest);
    client.socket.close();
    await world.settled();
  });
});

describe('all subscriptions together', () => {
  it('are limited exactly, and those of closed connections count no more', async () => {
    const clients = await Promise.all([world.connect(), world.connect(), world.connect()]);
    const asked = await Promise.all(clients.map((client) => subscribeTimes(client, 15)));
    expect(asked.flatMap(({ ids }) => ids).length).toBe(total);
    const [first, second] = clients;
    expect(await second?.refusal('store.subscribe', { query: 'user-count' })).toBe('RATE_LIMITED');
    first?.socket.close();
    await world.settled();
    const again = await subscribeTimes(await world.connect(), 20);
    expect(again.ids.length).toBe(asked[0]?.ids.length);
  });
});
