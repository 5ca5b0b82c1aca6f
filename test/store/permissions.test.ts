import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld(app, { adminAddresses: new Set(['admin@example.com']) });
const admin = await world.signedIn('admin@example.com');
const user = await world.signedIn('user@example.com');
afterEach(() => expect(world.errors).toEqual([]));

describe('in the example application', () => {
  it('administrators may do everything', async () => {
    const { id } = await admin.get('store.insert', { bucket: 'vault', data: { secret: 's' } });
    expect((await admin.get('store.get', { bucket: 'vault', key: id })).secret).toBe('s');
    expect(await admin.get('store.clear', { bucket: 'recent' })).toEqual({ cleared: true });
  });

  it.each([
    ['store.insert', { bucket: 'vault', data: {} }],
    ['store.get', { bucket: 'vault', key: 'x' }],
    ['store.where', { bucket: 'vault', filter: {} }],
    ['store.count', { bucket: 'vault' }],
    ['store.clear', { bucket: 'users' }],
    ['store.clear', {}],
    ['store.transaction', { operations: [{ op: 'count', bucket: 'vault' }] }],
    [
      'store.transaction',
      {
        operations: [
          { op: 'insert', bucket: 'claims', data: { id: 'x' } },
          { op: 'get', bucket: 'vault', key: 'x' },
        ],
      },
    ],
  ])('a user is refused %s of %j', async (type, fields) => {
    expect(await user.refusal(type, fields)).toBe('FORBIDDEN');
  });

  it('a refused transaction does nothing', async () => {
    expect(await user.get('store.get', { bucket: 'claims', key: 'x' })).toBeNull();
  });

  it('a user reads and writes everything else, and learns of unknown operations and buckets', async () => {
    await user.get('store.insert', { bucket: 'claims', data: { id: 'mine' } });
    expect(await user.refusal('store.dance')).toBe('UNKNOWN_OPERATION');
    expect(await user.refusal('store.get', { bucket: 'nowhere', key: 'x' })).toBe('BUCKET_NOT_DEFINED');
    expect(await user.refusal('store.get', {})).toBe('VALIDATION_ERROR');
  });
});

describe('an API key', () => {
  const keyFor = async (permissions: string[], owner = 'keys@example.com') => {
    const { sessionKey } = await world.person(owner);
    const { body } = await world.http('POST', '/api/keys', {
      as: sessionKey,
      body: { name: 'k', scopeType: 'account', permissions },
    });
    return String(body.key);
  };

  it('reaches as far as it is good for', async () => {
    const reader = await world.connect();
    await reader.get('auth.login', { token: await keyFor(['read']) });
    expect(await reader.get('store.count', { bucket: 'claims' })).toBe(1);
    expect(await reader.refusal('store.insert', { bucket: 'claims', data: { id: 'no' } })).toBe('FORBIDDEN');
    world.advance(600_000);
    const writer = await world.connect();
    await writer.get('auth.login', { token: await keyFor(['read', 'write']) });
    expect(await writer.get('store.insert', { bucket: 'claims', data: { id: 'yes' } })).toMatchObject({ id: 'yes' });
  });

  it.each([
    ['server.stats', {}],
    ['store.listQueries', {}],
    ['rules.getRules', {}],
    ['audit.query', {}],
  ])('with admin does %s for an owner who administers, and for nobody else', async (type, fields) => {
    const loggedIn = async (permissions: string[], owner?: string) => {
      world.advance(600_000);
      const client = await world.connect();
      await client.get('auth.login', { token: await keyFor(permissions, owner) });
      return client;
    };
    const ruler = await loggedIn(['admin'], 'admin@example.com');
    expect(await ruler.get(type, fields)).toBeDefined();
    const other = await loggedIn(['admin']);
    expect(await other.refusal(type, fields)).toBe('FORBIDDEN');
    expect(await other.get('store.insert', { bucket: 'counters', data: { name: type } })).toMatchObject({ name: type });
    const writer = await loggedIn(['read', 'write'], 'admin@example.com');
    expect(await writer.refusal(type, fields)).toBe('FORBIDDEN');
  });
});

describe('a field that an operation does not have says nothing of what it is about:', () => {
  const rules = [
    { role: 'user', allow: 'store.*', buckets: ['scratch'] },
    { role: 'user', allow: 'rules.*', topics: ['public.*'] },
    { role: 'admin', allow: '*' },
  ];

  it.each([
    ['store.dropBucket', { name: 'prod', bucket: 'scratch' }],
    ['rules.setFact', { key: 'secret', value: 1, topic: 'public.a' }],
    ['rules.getFact', { key: 'secret', topic: 'public.a' }],
    ['rules.queryFacts', { pattern: '*', topic: 'public.a' }],
    ['rules.subscribe', { pattern: 'secret.*', topic: 'public.a' }],
  ])('%s', async (type, fields) => {
    const auth = { permissions: { default: 'deny' as const, rules } };
    const strict = await noexWorld({ rules: {}, auth }, { adminAddresses: new Set(['admin@example.com']) });
    const ruler = await strict.signedIn('admin@example.com');
    const config = { key: 'id', schema: { id: { type: 'string' } } };
    await ruler.get('store.defineBucket', { name: 'prod', config });
    const limited = await strict.signedIn('user@example.com');
    expect(await limited.refusal(type, fields)).toBe('FORBIDDEN');
  });
});
