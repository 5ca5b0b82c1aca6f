import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { readSettings } from '../../functions/core/settings.ts';
import { liveQuery } from '../support/live-queries.ts';
import { noexWorld } from '../support/noex.ts';

const people: Readonly<Record<string, { userId: string; roles?: string[]; expiresAt?: number }>> = {
  brief: { userId: 'brief', roles: ['user'], expiresAt: Date.now() + 3_600_000 },
  briefAgain: { userId: 'brief', roles: ['user'] },
  reader: { userId: 'reader', roles: [] },
};
const world = await noexWorld(
  {
    ...app,
    auth: { ...app.auth, validate: (token) => people[token] ?? null },
    queries: {
      ...app.queries,
      'my-logs': { scope: 'user', run: (ctx) => ctx.bucket('logs').where({ userId: ctx.session.userId }) },
      // Its own name says nothing of what it reads.
      secrets: (ctx) => ctx.bucket('vault').count(),
      'who-asks': { scope: 'user', run: (ctx) => ctx.session },
      'who-asks-everybody': (ctx) => ctx.session,
    },
  },
  { adminAddresses: readSettings({ ADMIN_ADDRESSES: 'admin@example.com' }).adminAddresses },
);
const admin = await world.signedIn('admin@example.com');
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

const insert = (bucket: string, data: object) => admin.get('store.insert', { bucket, data });
const withToken = async (token: string) => {
  const client = await world.connect();
  await client.get('auth.login', { token });
  return client;
};

describe('permissions', () => {
  it('are asked for the query, and for every bucket that it reads', async () => {
    const user = await world.signedIn('user@example.com');
    expect(await user.refusal('store.subscribe', { query: 'vault-all' })).toBe('FORBIDDEN');
    expect(await user.refusal('store.subscribe', { query: 'secrets' })).toBe('FORBIDDEN');
    expect((await liveQuery(admin, 'secrets')).data).toBe(0);
    expect((await liveQuery(admin, 'vault-all')).data).toEqual([]);
  });

  it('are asked before anybody learns which queries there are', async () => {
    const guest = await world.connect();
    expect(await guest.refusal('store.subscribe', { query: 'nothing' })).toBe('UNAUTHORIZED');
  });

  it('are asked again before a push: whoever signs in anew hears what they may hear then', async () => {
    const client = await world.signedIn('admin@example.com');
    const vault = await liveQuery(client, 'vault-all');
    const users = await liveQuery(client, 'user-count');
    await client.get('auth.login', { token: 'reader' });
    await insert('vault', { secret: 'hush' });
    await insert('users', { name: 'One more' });
    expect(vault.pushes()).toEqual([]);
    expect(vault.notices()).toEqual([
      expect.objectContaining({ event: 'subscription_ended', reason: 'session_expired' }),
    ]);
    expect(users.pushes()).toEqual([1]);
    await insert('vault', { secret: 'hush hush' });
    expect(vault.notices().length).toBe(1);
  });
});

describe('a session that expires', () => {
  it('hears nothing more, and is told so once; one that was renewed goes on', async () => {
    const [expired, renewed] = [await withToken('brief'), await withToken('brief')];
    const queries = [
      await liveQuery(expired, 'counter', { name: 'late' }),
      await liveQuery(renewed, 'counter', { name: 'late' }),
    ];
    await renewed.get('auth.login', { token: 'briefAgain' });
    world.advance(3_700_000);
    const again = await world.signedIn('admin@example.com');
    const record = await again.get('store.insert', { bucket: 'counters', data: { name: 'late' } });
    expect(queries.map(({ pushes }) => pushes())).toEqual([[], [record]]);
    const ended = {
      type: 'system',
      event: 'subscription_ended',
      subscriptionId: queries[0]?.id,
      reason: 'session_expired',
    };
    expect(queries.map(({ notices }) => notices())).toEqual([[ended], []]);
  });
});

describe('auth.logout', () => {
  it('ends all subscriptions, says so of each, and nothing is pushed afterwards', async () => {
    const client = await world.signedIn('leaver@example.com');
    const queries = [await liveQuery(client, 'user-count'), await liveQuery(client, 'counter', { name: 'logout' })];
    expect(await client.get('auth.logout')).toEqual({ loggedOut: true });
    for (const { id, notices } of queries) {
      expect(notices()).toEqual([
        { type: 'system', event: 'subscription_ended', subscriptionId: id, reason: 'logout' },
      ]);
    }
    const fresh = await world.signedIn('admin@example.com');
    await fresh.get('store.insert', { bucket: 'counters', data: { name: 'logout' } });
    expect(queries.flatMap(({ pushes }) => pushes())).toEqual([]);
  });

  it('leaves room for as many as before', async () => {
    const client = await world.signedIn('again@example.com');
    const most = app.connectionLimits?.maxSubscriptionsPerConnection ?? 0;
    for (let round = 0; round < 2; round += 1) {
      for (let count = 0; count < most; count += 1) await liveQuery(client, 'user-count');
      await client.get('auth.logout');
      await client.get('auth.login', { token: 'reader' });
    }
    expect((await liveQuery(client, 'user-count')).data).toEqual(expect.any(Number));
  });
});

describe('a query of scope user', () => {
  it('is one for each user, and pushed to nobody else', async () => {
    const bob = await withToken('reader');
    const bobs = await liveQuery(bob, 'my-logs');
    const carol = await world.signedIn('carol@example.com');
    const carols = await liveQuery(carol, 'my-logs');
    const { userId } = await carol.get('auth.whoami');
    const mine = await carol.get('store.insert', { bucket: 'logs', data: { action: 'x', userId } });
    const his = await carol.get('store.insert', { bucket: 'logs', data: { action: 'y', userId: 'app:reader' } });
    expect([carols.pushes(), bobs.pushes()]).toEqual([[[mine]], [[his]]]);
  });

  it('is told who asks; others are not', async () => {
    const reader = await withToken('reader');
    expect((await liveQuery(reader, 'who-asks')).data).toEqual({ userId: 'app:reader', roles: ['user'] });
    expect((await liveQuery(reader, 'who-asks-everybody')).data).toEqual({ userId: null, roles: [] });
  });
});
