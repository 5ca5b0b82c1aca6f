import { afterAll, describe, expect, it } from '@jest/globals';
import { countConnections, recount, shardOf } from '../../functions/core/connection-count.ts';
import { connectionIndex } from '../../functions/core/keys.ts';
import { sweep } from '../../functions/jobs/sweep.ts';
import { casualosWorld } from '../support/casualos.ts';
import type { Client } from '../support/sockets.ts';

const world = await casualosWorld();
const { ports, advance } = world;

afterAll(() => expect(world.errors).toEqual([]));

const count = () => countConnections(ports);
const everyShard = Array.from({ length: connectionIndex.loginShards }, (_, shard) => shard);

/** Through the lane, which delivers again what was cut short. */
async function killedAfter(ios: number, act: () => void): Promise<void> {
  world.killNextAfter(ios);
  act();
  await world.settled();
  world.killNextAfter(Number.POSITIVE_INFINITY);
  expect(world.dead).toEqual([]);
}

describe('the number of connections', () => {
  it('is that of sockets that have logged in, each once', async () => {
    expect(await count()).toBe(0);
    await world.open();
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.loggedIn()));
    await world.loggedIn(await world.person());
    await Promise.all(clients.map((one) => world.tell(one, { type: 'login', connectionId: 'again' })));
    expect(await count()).toBe(21);
    for (const one of clients) one.close();
    await world.settled();
    expect(await count()).toBe(1);
  });

  it('counts a socket once that logs in many times at once', async () => {
    const before = await count();
    const client = await world.open();
    const logins = Array.from({ length: 10 }, (_, n) => world.tell(client, { type: 'login', connectionId: `c${n}` }));
    await Promise.all(logins);
    expect(await count()).toBe(before + 1);
  });

  it('counts nobody who leaves while logging in', async () => {
    const before = await count();
    const clients = await Promise.all(Array.from({ length: 10 }, () => world.open()));
    const logins = clients.map((one) => world.direct(one, '[1,1,{"type":"login","connectionId":"brief"}]'));
    for (const one of clients) one.close();
    await Promise.all(logins);
    await world.settled();
    expect(await count()).toBe(before);
    for (const { id } of clients) expect(await ports.connections.query({ pk: `CONN#${id}` })).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5])('is right when whoever logs in or forgets a socket dies before I/O %i', async (ios) => {
    const before = await count();
    const client = await world.open();
    await killedAfter(ios, () => client.sendText('[1,1,{"type":"login","connectionId":"me"}]'));
    expect(await count()).toBe(before + 1);
    await killedAfter(ios, () => client.close());
    expect(await count()).toBe(before);
  });

  it('is set right by the sweeper, part by part', async () => {
    const before = await count();
    const lost = await world.loggedIn();
    await world.loggedIn();
    // As the table does with what has expired.
    await ports.connections.delete({ pk: `CONN#${lost.id}`, sk: 'CONN' });
    expect(await count()).toBe(before + 2);
    await recount(ports, shardOf(lost.id, connectionIndex.loginShards));
    expect(await count()).toBe(before + 2); // too fresh: the index may not know yet
    advance(60_000);
    for (const _ of everyShard) {
      await sweep(ports);
      advance(60_000);
    }
    expect(await count()).toBe(before + 1);
  });

  it('is not set right while it changes', async () => {
    const before = await count();
    const client = await world.loggedIn();
    const shard = shardOf(client.id, connectionIndex.loginShards);
    const row = { pk: `LOGGEDIN#${shard}`, sk: 'LOGGEDIN' };
    const off = { text: 'SET #s = :v0', names: { '#s': 'sockets' }, values: [1_000] };
    await ports.connections.update(row, off);
    advance(60_000);
    const other: Client = await world.open();
    const racing = Object.create(ports, {
      connections: {
        value: Object.create(ports.connections, {
          query: {
            async value(input: Parameters<typeof ports.connections.query>[0]) {
              const found = await ports.connections.query(input);
              await ports.connections.update(row, { text: 'ADD #c :v0', names: { '#c': 'changes' }, values: [1] });
              return found;
            },
          },
        }),
      },
    });
    await recount(racing, shard);
    expect(await ports.connections.get(row)).toMatchObject({ sockets: 1_000 });
    await recount(ports, shard);
    expect(await count()).toBe(before + 1);
    other.close();
    await world.settled();
  });
});
