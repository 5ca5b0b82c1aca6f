import { afterEach, describe, expect, it } from '@jest/globals';
import { sweep } from '../../functions/jobs/sweep.ts';
import { type NoexClient, noexWorld } from '../support/noex.ts';

const world = await noexWorld({ auth: { required: false }, heartbeat: { intervalMs: 30_000, timeoutMs: 100 } });
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

const round = async () => {
  const swept = await sweep(world.ports);
  await world.settled();
  return swept;
};
const pings = (client: NoexClient) => client.frames().filter(({ type }) => type === 'ping').length;

describe('a client that has been quiet for a while', () => {
  it('is pinged, and stays when it answers', async () => {
    const client = await world.connect();
    world.advance(31_000);
    await round();
    expect(client.frames().at(-1)).toEqual({ type: 'ping', timestamp: expect.any(Number) });
    expect(world.isOpen(client.socket)).toBe(true);
    await round();
    expect(pings(client)).toBe(1);
    world.advance(31_000);
    await round();
    expect([pings(client), world.isOpen(client.socket)]).toEqual([2, true]);
  });

  it('is closed as 4001, and told so before, when it says nothing', async () => {
    const client = await world.connect({ isSilent: true });
    world.advance(31_000);
    await round();
    expect(client.frames().slice(1)).toEqual([
      { type: 'ping', timestamp: expect.any(Number) },
      { type: 'system', event: 'closing', code: 4001, reason: 'heartbeat_timeout' },
    ]);
    expect(world.endedFor(client.socket)).toBe('heartbeatTimeout');
    expect(await world.ports.connections.query({ pk: `CONN#${client.socket.id}` })).toEqual([]);
  });

  it('stays when it sends a request instead of a pong, malformed or not', async () => {
    const [one, two] = [await world.connect({ isSilent: true }), await world.connect({ isSilent: true })];
    world.advance(31_000);
    const swept = round();
    while (pings(one) + pings(two) < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    await Promise.all([one.get('auth.whoami'), world.direct(two.socket, '{')]);
    await swept;
    expect([world.isOpen(one.socket), world.isOpen(two.socket)]).toEqual([true, true]);
  });

  it('is found out by the next round where the one that pinged it has died', async () => {
    const client = await world.connect({ isSilent: true });
    world.advance(31_000);
    const dying = Object.create(world.ports, {
      clock: { value: { ...world.ports.clock, wait: () => Promise.reject(new Error('killed')) } },
    });
    await expect(sweep(dying)).rejects.toThrow('killed');
    expect([pings(client), world.isOpen(client.socket)]).toEqual([1, true]);
    world.advance(60_000);
    await round();
    expect([pings(client), world.endedFor(client.socket)]).toEqual([1, 'heartbeatTimeout']);
  });

  it('is forgotten when its socket is gone already', async () => {
    const client = await world.connect();
    client.socket.vanish();
    world.advance(31_000);
    await round();
    expect(await world.ports.connections.query({ pk: `CONN#${client.socket.id}` })).toEqual([]);
  });
});

describe('a client that talks', () => {
  it('is not pinged', async () => {
    const client = await world.connect();
    for (let n = 0; n < 4; n++) {
      world.advance(20_000);
      await client.get('auth.whoami');
      world.advance(5_000);
      await round();
    }
    expect(pings(client)).toBe(0);
  });

  it('is not pinged on a path that names no protocol, however quiet', async () => {
    const client = await world.connect({ path: '/elsewhere' });
    world.advance(31_000);
    await round();
    expect([client.frames(), world.isOpen(client.socket)]).toEqual([[], true]);
  });
});
