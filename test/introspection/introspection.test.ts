import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld(app, { adminAddresses: new Set(['admin@example.com']) });
afterEach(() => expect(world.errors.splice(0)).toEqual([]));
const admin = await world.signedIn('admin@example.com');

describe('server.connections', () => {
  it('lists who is there, signed in or not, and nobody else', async () => {
    const ann = await world.signedIn('ann@example.com');
    const stranger = await world.connect({ ip: '192.0.2.7' });
    await world.open({ path: '/live' });
    const list = await admin.get('server.connections');
    expect(list).toHaveLength(3);
    expect(list).toContainEqual({
      connectionId: ann.socket.id,
      remoteAddress: '203.0.113.9',
      connectedAt: expect.any(Number),
      authenticated: true,
      userId: (await ann.get('auth.whoami')).userId,
      roles: ['user'],
      storeSubscriptionCount: 0,
      rulesSubscriptionCount: 0,
    });
    expect(list).toContainEqual({
      connectionId: stranger.socket.id,
      remoteAddress: '192.0.2.7',
      connectedAt: expect.any(Number),
      authenticated: false,
      userId: null,
      roles: [],
      storeSubscriptionCount: 0,
      rulesSubscriptionCount: 0,
    });
    ann.socket.close();
    stranger.socket.close();
    await world.settled();
    expect(await admin.get('server.connections')).toHaveLength(1);
  });

  it('counts somebody who has signed out as a stranger', async () => {
    const bob = await world.signedIn('bob@example.com');
    await bob.get('auth.logout');
    const list = await admin.get('server.connections');
    expect(list.find(({ connectionId }: { connectionId: string }) => connectionId === bob.socket.id)).toMatchObject({
      authenticated: false,
      userId: null,
    });
    bob.socket.close();
    await world.settled();
  });

  it('is for administrators', async () => {
    const carol = await world.signedIn('carol@example.com');
    expect(await carol.refusal('server.connections')).toBe('FORBIDDEN');
    expect(await carol.refusal('server.stats')).toBe('FORBIDDEN');
    expect(await (await world.connect()).refusal('server.stats')).toBe('UNAUTHORIZED');
  });
});

describe('server.stats', () => {
  it('says what is on, who is there, and what the store holds', async () => {
    const stats = await admin.get('server.stats');
    const list = await admin.get('server.connections');
    expect(stats).toMatchObject({
      name: 'chorus',
      connectionCount: list.length,
      authEnabled: true,
      rateLimitEnabled: true,
      connections: {
        active: list.length,
        authenticated: 2,
        totalStoreSubscriptions: 0,
        totalRulesSubscriptions: 0,
      },
      rulesEnabled: true,
      store: await admin.get('store.stats'),
      rules: await admin.get('rules.stats'),
    });
    expect(Object.keys(stats)).toEqual([
      'name',
      'connectionCount',
      'authEnabled',
      'rateLimitEnabled',
      'rulesEnabled',
      'connections',
      'store',
      'rules',
    ]);
  });
});
