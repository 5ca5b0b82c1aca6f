import { afterEach, describe, expect, it } from '@jest/globals';
import { type NoexClient, noexWorld } from '../support/noex.ts';
import { Refused } from '../support/sockets.ts';

describe('an application that lists its pages', () => {
  const opening = noexWorld({ auth: { required: false }, allowedOrigins: ['https://shop.example'] });
  const statusFrom = async (headers: Record<string, string>, path = '/') => {
    const world = await opening;
    try {
      await world.connect({ headers, path });
      return 200;
    } catch (thrown) {
      if (thrown instanceof Refused) return thrown.status;
      throw thrown;
    }
  };

  it.each([
    [{ Origin: 'https://shop.example' }, 200],
    [{}, 200],
    [{ Origin: 'https://evil.example' }, 403],
    [{ origin: 'https://shop.example.evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://shop.example' }, 403],
  ])('answers an upgrade with the headers %j by %i', async (headers, status) => {
    expect(await statusFrom(headers)).toBe(status);
    expect(await statusFrom(headers, '/elsewhere')).toBe(status);
  });
});

describe('an application that allows three sockets to an address', () => {
  const opening = noexWorld({ auth: { required: false }, maxConnectionsPerIp: 3 });
  afterEach(async () => expect((await opening).errors.splice(0)).toEqual([]));
  const isIn = (client: NoexClient) => client.frames()[0]?.type === 'welcome';

  it('lets three of ten in that come at once, and tells the others why they are closed as 4003', async () => {
    const world = await opening;
    const clients = await Promise.all(Array.from({ length: 10 }, () => world.connect({ ip: '192.0.2.1' })));
    expect(clients.filter(isIn)).toHaveLength(3);
    for (const client of clients.filter((one) => !isIn(one))) {
      expect(client.frames()).toEqual([
        { type: 'system', event: 'closing', code: 4003, reason: 'too_many_connections' },
      ]);
      expect(world.endedFor(client.socket)).toBe('tooManyConnections');
    }
    expect(isIn(await world.connect({ ip: '192.0.2.2' }))).toBe(true);
    expect((await world.connect({ ip: '192.0.2.1', path: '/live' })).frames()).toEqual([]);
  });

  it('answers nothing to one too many, however early it asks', async () => {
    const world = await opening;
    for (let n = 0; n < 3; n++) await world.connect({ ip: '192.0.2.3' });
    const socket = await world.open({ ip: '192.0.2.3' });
    await world.direct(socket, '{"id":1,"type":"auth.whoami"}');
    await world.settled();
    expect(socket.texts.map((text) => JSON.parse(text).event)).not.toContain(undefined);
    expect(world.isOpen(socket)).toBe(false);
  });

  it('has a place again when one of them leaves, or has been lost', async () => {
    const world = await opening;
    const [leaving, lost] = [await world.connect({ ip: '192.0.2.4' }), await world.connect({ ip: '192.0.2.4' })];
    await world.connect({ ip: '192.0.2.4' });
    leaving.socket.close();
    await world.settled();
    expect(isIn(await world.connect({ ip: '192.0.2.4' }))).toBe(true);
    expect(isIn(await world.connect({ ip: '192.0.2.4' }))).toBe(false);
    await world.ports.connections.delete({ pk: `CONN#${lost.socket.id}`, sk: 'CONN' });
    expect(isIn(await world.connect({ ip: '192.0.2.4' }))).toBe(true);
    expect(isIn(await world.connect({ ip: '192.0.2.4' }))).toBe(false);
  });
});
