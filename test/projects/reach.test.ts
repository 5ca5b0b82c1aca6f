import { describe, expect, it } from '@jest/globals';
import { branded } from '../../functions/core/branded.ts';
import type { Credential, Identity, Reach, Scope } from '../../functions/core/caller.ts';
import type { ShareTarget } from '../../functions/core/keys.ts';
import { keys } from '../../functions/core/keys.ts';
import type { EpochMs, UserId } from '../../functions/core/names.ts';
import type { Instance } from '../../functions/projects/instance.ts';
import { levelOn, openInstance } from '../../functions/projects/reach.ts';
import { makeWorld } from '../support/world.ts';

const world = await makeWorld();
const { ports, calls } = world;
const { table } = ports;

const user = (name: string) => branded<UserId>(name);
const now = branded<EpochMs>(0);
const instance: Instance = {
  id: 'i1',
  projectId: 'p1',
  ownerId: user('maker'),
  projectOwnerId: user('owner'),
  name: 'main',
  isReadOnly: false,
  hasWebhooks: false,
  createdAt: now,
  updatedAt: now,
};
await table.put({ ...keys.instance(instance.id), ...instance });

const session = { kind: 'session', id: 's', expiresAt: null } as const;
const as = (name: string, credential: Credential = session): Identity => ({
  userId: user(name),
  role: 'none',
  credential,
});
const key = (scopes: readonly Scope[], reach?: Reach): Credential => ({
  kind: 'apiKey',
  id: 'k',
  scopes,
  expiresAt: null,
  ...(reach ? { reach } : {}),
});
const share = (resource: Reach, target: ShareTarget, permission: Scope) =>
  table.put({ ...keys.sharedTo(resource, target), id: 'x', resource, target, permission, createdAt: now });
const level = (identity: Identity) => levelOn(ports, identity, instance);

describe('who may do what with an instance', () => {
  it('is decided for owners without a read', async () => {
    const before = calls.length;
    expect(await level(as('maker'))).toBe('owner');
    expect(await level(as('owner'))).toBe('owner');
    expect(calls.length).toBe(before);
    expect(await level(as('stranger'))).toBeUndefined();
  });

  it('is the most that shares of it and of its project give', async () => {
    const [it, project] = [{ type: 'instance', id: 'i1' } as const, { type: 'project', id: 'p1' } as const];
    await share(it, { type: 'user', id: 'reader' }, 'read');
    expect(await level(as('reader'))).toBe('read');
    await share(project, { type: 'user', id: 'reader' }, 'write');
    expect(await level(as('reader'))).toBe('write');
    await share({ type: 'instance', id: 'i2' }, { type: 'user', id: 'reader' }, 'admin');
    expect(await level(as('reader'))).toBe('write');

    await share(it, { type: 'group', id: 'g1' }, 'admin');
    expect(await level(as('member'))).toBeUndefined();
    await table.put({ ...keys.groupMember('g1', user('member')) });
    expect(await level(as('member'))).toBeUndefined(); // the group is gone, or was never there
    await table.put({ ...keys.group('g1') });
    expect(await level(as('member'))).toBe('admin');

    await share(it, { type: 'public' }, 'write');
    expect(await level(as('anybody'))).toBe('write');
    expect(await level(as('member'))).toBe('admin');
  });

  it.each<[string, Credential, string | undefined]>([
    ['a key of the account that may do everything', key(['read', 'write', 'admin']), 'owner'],
    ['a key of the account that may write', key(['read', 'write']), 'write'],
    ['a key of the project', key(['read', 'write', 'admin'], { type: 'project', id: 'p1' }), 'admin'],
    ['a key of another project', key(['read', 'write', 'admin'], { type: 'project', id: 'p2' }), undefined],
    ['a key of the instance', key(['read'], { type: 'instance', id: 'i1' }), 'read'],
    ['a key of another instance', key(['read'], { type: 'instance', id: 'p1' }), undefined],
    ['what a token handed on', { ...session, atMost: 'write' }, 'write'],
    ['what a token handed on of a key', { ...key(['read']), atMost: 'admin' }, 'read'],
  ])('is bounded by %s', async (_, credential, expected) => {
    expect(await level(as('owner', credential))).toBe(expected);
    if (expected !== undefined) expect(await level(as('reader', key(['read'])))).toBe('read');
  });
});

describe('opening an instance', () => {
  const open = (name: string, needs: 'read' | 'owner', id = 'i1') =>
    openInstance(ports, { identity: as(name), ip: '' }, id, needs);

  it('tells who may read it what they lack, and others nothing', async () => {
    expect(await open('owner', 'owner')).toEqual({ instance: expect.objectContaining({ id: 'i1' }), level: 'owner' });
    await expect(open('reader', 'owner')).rejects.toMatchObject({
      code: 'not_authorized',
      message: 'Owner permission required',
    });
    const missing = { code: 'not_found', message: 'Instance not found' };
    await expect(open('reader', 'read', 'i9')).rejects.toMatchObject(missing);
    await table.delete(keys.sharedTo({ type: 'instance', id: 'i1' }, { type: 'public' }));
    await expect(open('stranger', 'read')).rejects.toMatchObject(missing);
    await expect(openInstance(ports, { identity: undefined, ip: '' }, 'i1', 'read')).rejects.toMatchObject({
      code: 'not_logged_in',
    });
  });
});
