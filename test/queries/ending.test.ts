import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { instanceOf } from '../../functions/queries/asked.ts';
import { liveQuery } from '../support/live-queries.ts';
import { noexWorld } from '../support/noex.ts';

const { auth: _, ...open } = app;
const world = await noexWorld(open);
const writer = await world.connect();
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

let count = 0;
const newName = () => `counter-${++count}`;
const insert = (name: string) => writer.get('store.insert', { bucket: 'counters', data: { name } });

/** Rows in the table of connections that have to do with who has subscribed to a counter. */
async function rowsOf(name: string): Promise<number> {
  const id = instanceOf({ query: 'counter', definition: null, params: { name }, session: null });
  const places = [
    `LIVE#${id}`,
    `MEMBER#query:${id}`,
    'DEPENDENTS#counters#itself',
    `DEPENDENTS#counters#row#s:${name}`,
  ];
  const found = await Promise.all(places.map((pk) => world.ports.connections.query({ pk })));
  return found.flat().filter(({ pk, sk }) => String(pk).endsWith(id) || sk === id).length;
}

describe('a query that nobody is subscribed to any more', () => {
  it('leaves nothing behind after the last one has unsubscribed', async () => {
    const name = newName();
    const [one, two] = [await world.connect(), await world.connect()];
    const [first, second] = [await liveQuery(one, 'counter', { name }), await liveQuery(two, 'counter', { name })];
    await one.get('store.unsubscribe', { subscriptionId: first.id });
    expect(await rowsOf(name)).toBeGreaterThan(0);
    await two.get('store.unsubscribe', { subscriptionId: second.id });
    expect(await rowsOf(name)).toBe(0);
    const row = await world.ports.connections.get({ pk: `CONN#${two.socket.id}`, sk: 'CONN' });
    expect([row?.channels, row?.subscriptions]).toEqual([undefined, undefined]);
  });

  it('leaves nothing behind after the last connection has closed', async () => {
    const name = newName();
    const client = await world.connect();
    await liveQuery(client, 'counter', { name });
    await liveQuery(client, 'counter', { name });
    client.socket.close();
    await world.settled();
    expect(await rowsOf(name)).toBe(0);
    const id = instanceOf({ query: 'counter', definition: null, params: { name }, session: null });
    expect(await world.ports.table.query({ pk: `HEAD#query:${id}` })).toEqual([]);
  });

  it('leaves nothing behind after a push has found the last connection gone', async () => {
    const name = newName();
    const client = await world.connect();
    await liveQuery(client, 'counter', { name });
    client.socket.vanish();
    await insert(name);
    expect(await rowsOf(name)).toBe(0);
  });

  it('goes on for the others when one connection is found gone', async () => {
    const name = newName();
    const [gone, there] = [await world.connect(), await world.connect()];
    await liveQuery(gone, 'counter', { name });
    const query = await liveQuery(there, 'counter', { name });
    gone.socket.vanish();
    const record = await insert(name);
    const changed = await writer.get('store.update', { bucket: 'counters', key: name, data: { value: 1 } });
    expect(query.pushes()).toEqual([record, changed]);
  });

  it('begins anew for who comes after', async () => {
    const name = newName();
    const client = await world.connect();
    const first = await liveQuery(client, 'counter', { name });
    await client.get('store.unsubscribe', { subscriptionId: first.id });
    const record = await insert(name);
    const second = await liveQuery(client, 'counter', { name });
    expect(second.data).toEqual(record);
    const changed = await writer.get('store.update', { bucket: 'counters', key: name, data: { value: 1 } });
    expect([first.pushes(), second.pushes()]).toEqual([[], [changed]]);
  });
});

describe('what is kept of a query', () => {
  it('goes by itself some time after the last socket that was told to be open', async () => {
    const name = newName();
    const client = await world.connect();
    await liveQuery(client, 'counter', { name });
    const row = await world.ports.connections.get({ pk: `CONN#${client.socket.id}`, sk: 'CONN' });
    const instance = instanceOf({ query: 'counter', definition: null, params: { name }, session: null });
    const rows = [
      ...(await world.ports.connections.query({ pk: `LIVE#${instance}` })),
      ...(await world.ports.connections.query({ pk: `DEPENDENTS#counters#row#s:${name}` })),
    ];
    expect(rows.map(({ ttl }) => Number(ttl) * 1000 > Number(row?.expiresAt))).toEqual([true, true]);
  });
});

describe('who comes while the last one leaves', () => {
  it.each(Array.from({ length: 8 }, (_, round) => round))('hears of what happens from then on (%i)', async () => {
    const name = newName();
    const [leaving, coming] = [await world.connect(), await world.connect()];
    const { id } = await liveQuery(leaving, 'counter', { name });
    const [query] = await Promise.all([
      liveQuery(coming, 'counter', { name }),
      leaving.get('store.unsubscribe', { subscriptionId: id }),
    ]);
    const record = await insert(name);
    expect(query.view()).toEqual(record);
  });
});
