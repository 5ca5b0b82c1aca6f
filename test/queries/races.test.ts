import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { isSameJson } from '../../functions/core/canonical.ts';
import { type LiveQuery, liveQuery } from '../support/live-queries.ts';
import { noexWorld } from '../support/noex.ts';

const { auth: _, ...open } = app;
const world = await noexWorld(open);
const writer = await world.connect();
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

let count = 0;
async function newCounter() {
  const name = `counter-${++count}`;
  const insert = () => writer.get('store.insert', { bucket: 'counters', data: { name } });
  const set = (value: number) => writer.get('store.update', { bucket: 'counters', key: name, data: { value } });
  await insert();
  return { name, set };
}
const rounds = Array.from({ length: 6 }, (_, round) => round);

/** What its client has been shown, one after the other. */
function expectForward({ data, pushes }: LiveQuery): void {
  const shown = [data, ...pushes()];
  for (const [at, result] of shown.slice(1).entries()) {
    expect(isSameJson(result, shown[at])).toBe(false);
    expect(result._version).toBeGreaterThan(shown[at]._version);
  }
}

describe.each(rounds)('side by side (%i)', () => {
  it('twenty writers and those who subscribe meanwhile all end with the newest result, which never steps back', async () => {
    const { name, set } = await newCounter();
    const clients = await Promise.all(Array.from({ length: 5 }, () => world.connect()));
    const [queries] = await Promise.all([
      Promise.all(clients.map((client) => liveQuery(client, 'counter', { name }))),
      Promise.all(Array.from({ length: 20 }, (_, value) => set(value + 1))),
    ]);
    const now = await writer.get('store.get', { bucket: 'counters', key: name });
    for (const query of queries) {
      expect(query.view()).toEqual(now);
      expectForward(query);
    }
  });

  it('nothing is pushed after the answer to unsubscribing', async () => {
    const { name, set } = await newCounter();
    const [client, other] = [await world.connect(), await world.connect()];
    const query = await liveQuery(client, 'counter', { name });
    const staying = await liveQuery(other, 'counter', { name });
    await Promise.all([set(1), set(2), client.get('store.unsubscribe', { subscriptionId: query.id }), set(3)]);
    await set(4);
    const frames = client.frames();
    const answer = frames.findIndex(({ data }) => data?.unsubscribed === true);
    expect(frames.slice(answer + 1)).toEqual([]);
    expect(staying.view().value).toBe(4);
  });

  it('whoever subscribes several times over one connection at once has as many subscriptions, all of them told', async () => {
    const { name, set } = await newCounter();
    const client = await world.connect();
    const queries = await Promise.all(Array.from({ length: 6 }, () => liveQuery(client, 'counter', { name })));
    expect(new Set(queries.map(({ id }) => id)).size).toBe(6);
    const [leaving, ...staying] = queries;
    await Promise.all([set(1), client.get('store.unsubscribe', { subscriptionId: leaving?.id })]);
    await set(2);
    expect(staying.map(({ view }) => view().value)).toEqual(staying.map(() => 2));
  });
});
