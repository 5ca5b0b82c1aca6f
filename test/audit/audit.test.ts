import { afterEach, describe, expect, it } from '@jest/globals';
import { auditEntries } from '../../functions/audit/entries-in-stream.ts';
import type { AuditEntry } from '../../functions/core/app.ts';
import { sweep } from '../../functions/jobs/sweep.ts';
import { type NoexClient, noexWorld } from '../support/noex.ts';
import { streamOver } from '../support/stream.ts';

const told: AuditEntry[] = [];
const world = await noexWorld(
  {
    auth: {
      permissions: {
        default: 'deny',
        rules: [
          { role: 'admin', allow: '*' },
          { role: 'user', allow: 'store.*' },
        ],
      },
    },
    audit: { tiers: ['admin', 'write'], onEntry: (entry) => void told.push(entry) },
    buckets: { notes: { key: 'id', schema: { id: { type: 'string', required: true } } } },
  },
  { adminAddresses: new Set(['admin@example.com']) },
);
afterEach(() => {
  world.killNextAfter(Number.POSITIVE_INFINITY);
  expect(world.errors.splice(0)).toEqual([]);
});
const admin = await world.signedIn('admin@example.com');
const { userId } = await admin.get('auth.whoami');
const entries = async (fields: object = {}): Promise<AuditEntry[]> => (await admin.get('audit.query', fields)).entries;
const config = { key: 'id', schema: { id: { type: 'string' } } };
const define = (name: string, client: NoexClient = admin) => client.ask('store.defineBucket', { name, config });

describe('the audit log', () => {
  it('says who did what to what, when, and from where', async () => {
    const before = world.ports.clock.now();
    await define('tools');
    const [entry] = await entries({ limit: 1 });
    expect(entry).toEqual({
      timestamp: expect.any(Number),
      userId,
      sessionId: admin.socket.id,
      operation: 'store.defineBucket',
      resource: 'tools',
      result: 'success',
      remoteAddress: '203.0.113.9',
    });
    expect(entry?.timestamp).toBeGreaterThanOrEqual(before);
  });

  it('has what failed, and why', async () => {
    await define('tools');
    expect(await entries({ limit: 1 })).toMatchObject([{ result: 'error', error: expect.stringContaining('tools') }]);
  });

  it('has what was refused: to users, to strangers, and what cannot be', async () => {
    const user = await world.signedIn('ann@example.com');
    const stranger = await world.connect();
    await user.refusal('server.stats');
    await stranger.refusal('store.insert', { bucket: 'notes', data: {} });
    await user.refusal('store.insert', { bucket: 'notes', data: 7 });
    const found = await entries({ result: 'error', limit: 3 });
    expect(found.map(({ operation, resource }) => `${operation} ${resource}`)).toEqual([
      'store.insert notes',
      'store.insert notes',
      'server.stats *',
    ]);
    expect(found.map(({ sessionId }) => sessionId)).toEqual([user, stranger, user].map(({ socket }) => socket.id));
    expect(found.map((entry) => entry.userId !== null)).toEqual([true, false, true]);
  });

  it('tells live queries that were refused when they were looked at from those that were not', async () => {
    const fails = () => {
      throw new Error('boom');
    };
    const reading = await noexWorld(
      { auth: {}, audit: { tiers: ['read'] }, queries: { fails, fine: () => 1 } },
      { adminAddresses: new Set(['admin@example.com']) },
    );
    const client = await reading.signedIn('admin@example.com');
    expect(await client.refusal('store.subscribe', { query: 'fails' })).toBe('INTERNAL_ERROR');
    await client.get('store.subscribe', { query: 'fine' });
    reading.errors.splice(0);
    const { entries: found } = await client.get('audit.query', { operation: 'store.subscribe' });
    expect(found.map(({ result }: AuditEntry) => result)).toEqual(['success', 'error']);
  });

  it('has nothing of tiers that are not recorded, of signing in, and of what there is not', async () => {
    const before = await entries();
    await admin.get('store.get', { bucket: 'notes', key: 'x' });
    await admin.get('auth.whoami');
    await admin.refusal('store.dance');
    const after = await entries();
    expect(after.filter(({ operation }) => operation !== 'audit.query')).toEqual(
      before.filter(({ operation }) => operation !== 'audit.query'),
    );
    // Reading it is recorded as well, once it is done.
    expect(after[0]).toMatchObject({ operation: 'audit.query', result: 'success' });
  });

  it('is read newest first, by who, what, outcome and time', async () => {
    const from = world.ports.clock.now();
    for (const name of ['a', 'b', 'c']) await define(name);
    world.advance(1_000);
    const to = world.ports.clock.now();
    world.advance(1_000);
    await define('d');
    const named = (found: readonly AuditEntry[]) => found.map(({ resource }) => resource);
    const operation = 'store.defineBucket';
    expect(named(await entries({ operation, from }))).toEqual(['d', 'c', 'b', 'a']);
    expect(named(await entries({ operation, from, to }))).toEqual(['c', 'b', 'a']);
    expect(named(await entries({ operation, from, limit: 2 }))).toEqual(['d', 'c']);
    expect(named(await entries({ operation, from, limit: 5_000 }))).toEqual(['d', 'c', 'b', 'a']);
    expect(await entries({ operation, from, result: 'error' })).toEqual([]);
    expect(await entries({ operation, from, userId: 'nobody' })).toEqual([]);
    expect(named(await entries({ operation, from, userId }))).toHaveLength(4);
  });

  it('is read over days, and forgets after ninety', async () => {
    await define('days-0');
    world.advance(40 * 24 * 3_600_000);
    const again = await world.signedIn('admin@example.com');
    await define('days-40', again);
    const namesAt = async (client: NoexClient) => {
      const { entries: found } = await client.get('audit.query', { operation: 'store.defineBucket', limit: 2 });
      return found.map(({ resource }: AuditEntry) => resource);
    };
    expect(await namesAt(again)).toEqual(['days-40', 'days-0']);
    world.advance(51 * 24 * 3_600_000);
    expect(await namesAt(await world.signedIn('admin@example.com'))).toEqual(['days-40']);
    world.advance(-91 * 24 * 3_600_000);
  });

  it.each([
    { userId: 7 },
    { operation: [] },
    { result: 'maybe' },
    { from: 'yesterday' },
    { to: null },
    { limit: 0 },
    { limit: 1.5 },
  ])('cannot be asked for %j', async (fields) => {
    expect(await admin.refusal('audit.query', fields)).toBe('VALIDATION_ERROR');
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'misses nothing that has happened though its handler dies before I/O %i',
    async (ios) => {
      const name = `killed-${ios}`;
      world.killNextAfter(ios);
      world.dispatch(admin.socket, JSON.stringify({ id: 9_000 + ios, type: 'store.defineBucket', name, config }));
      await world.settled();
      world.killNextAfter(Number.POSITIVE_INFINITY);
      world.advance(61_000);
      await sweep(world.ports);
      world.errors.splice(0);
      const isThere = (await admin.get('store.buckets')).names.includes(name);
      const found = (await entries()).filter(({ resource }) => resource === name);
      if (isThere) expect(found).toHaveLength(1);
      else expect(found.every(({ result }) => result === 'error')).toBe(true);
    },
  );

  it('is told to the application from the stream, each entry once it is finished', async () => {
    const { table } = world.ports;
    const stream = streamOver(Object.create(world.ports, { table: { value: table } }), [auditEntries]);
    Object.defineProperty(world.ports, 'table', { value: stream.ports.table, configurable: true });
    await define('streamed');
    await admin.refusal('audit.query', { limit: 0 });
    Object.defineProperty(world.ports, 'table', { value: table, configurable: true });
    await stream.drain({ as: world.ports });
    expect(told.map(({ operation, result }) => `${operation} ${result}`)).toEqual([
      'store.defineBucket success',
      'audit.query error',
    ]);
  });
});

describe('an application that records nothing', () => {
  it('has no audit log', async () => {
    const plain = await noexWorld({ auth: { required: false, permissions: { check: () => true } } });
    const client = await plain.connect();
    expect(await client.refusal('audit.query')).toBe('UNKNOWN_OPERATION');
  });
});
