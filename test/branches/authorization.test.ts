import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type BranchWorld, branchWorld, type Message, newBranch, update, type Watcher } from '../support/branches.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn } from '../support/world.ts';

/** Everybody who may come, before everything that can be done to a branch. */
const world = await branchWorld();
const { call, made, keyTo, grant } = recordCalls(() => world);
let owner: SignedIn;
let stranger: SignedIn;
let count = 0;
beforeAll(async () => {
  owner = await world.person('owner@example.com');
  stranger = await world.person('stranger@example.com');
});
afterEach(() => expect([world.failures, world.dead]).toEqual([[], []]));

interface Place {
  readonly recordName: string | null;
  readonly inst: string;
  readonly branch: string;
}

/** What can be done, and how one is answered who may: `null` for what has no answer. */
const deeds = {
  watch: { message: { type: 'repo/watch_branch' }, answer: 'repo/watch_branch_result' },
  get: { message: { type: 'repo/get_updates' }, answer: 'repo/add_updates' },
  count: { message: { type: 'repo/connection_count' }, answer: 'repo/connection_count' },
  devices: { message: { type: 'repo/watch_branch_devices' }, answer: 'repo/connected_to_branch' },
  add: {
    message: { type: 'repo/add_updates', updates: [update('forbidden')], updateId: 1 },
    answer: 'repo/updates_received',
  },
  action: {
    message: { type: 'repo/send_action', action: { type: 'remote', event: 'forbidden', broadcast: true } },
    answer: null,
  },
} as const;
type Deed = keyof typeof deeds;
const reading: readonly Deed[] = ['watch', 'get', 'count', 'devices'];
const all = Object.keys(deeds) as Deed[];

/** Does it, and tells what came of it: `done`, or the code of the refusal with its reason. */
async function attempt(client: Watcher, place: object, deed: Deed): Promise<string> {
  const before = client.texts.length;
  client.say({ ...deeds[deed].message, ...place });
  await world.settled();
  const events = client.texts.slice(before).map((text) => JSON.parse(text));
  const refused = events.map(([type, , message]): Message | undefined =>
    type === 5 || message.success === false ? message : undefined,
  );
  const refusal = refused.find((one) => one !== undefined);
  if (refusal) return refusal.reason ? `${refusal.errorCode}: ${refusal.reason.type}` : refusal.errorCode;
  const { answer } = deeds[deed];
  const isAnswered = events.some(([, , message]) => message.type === answer);
  return isAnswered || answer === null ? 'done' : 'silence';
}

/** An inst with one update in it, and its owner watching. */
async function shared(...markers: string[]) {
  const place = { recordName: await made(owner), inst: `inst ${++count}`, branch: 'default' };
  const keeper = await world.signedIn(owner, place);
  keeper.say({ type: 'repo/watch_branch', ...place, ...(markers.length > 0 ? { markers } : {}) });
  await world.settled();
  keeper.say({ type: 'repo/add_updates', ...place, updates: [update('own')], updateId: 1 });
  await world.settled();
  expect(keeper.messages('repo/updates_received')).toHaveLength(1);
  return { place, keeper };
}

/** What somebody heard who watches, and what is stored. */
async function traces(keeper: Watcher, place: Place): Promise<readonly unknown[]> {
  const heard = keeper.messages().filter(({ type }) => type === 'repo/receive_action');
  const other = await world.signedIn(owner, place);
  other.say({ type: 'repo/get_updates', ...place });
  await world.settled();
  return [...heard, ...keeper.updates(), ...other.updates()].filter((one) => one !== update('own'));
}

const callers: Readonly<Record<string, (place: Place) => Promise<[Watcher, Place]>>> = {
  'somebody anonymous': async (place) => [await world.anonymous(), place],
  'somebody else': async (place) => [await world.signedIn(stranger, place), place],
  'the owner with a token for another inst': async (place) => [
    await world.signedIn(owner, { ...place, inst: 'another' }),
    place,
  ],
  'somebody with a key of the record for its name': async (place) => {
    const recordName = await keyTo(place.recordName ?? '', owner, 'subjectless');
    return [await world.signedIn(stranger, place), { ...place, recordName }];
  },
  'the owner with such a key': async (place) => {
    const recordName = await keyTo(place.recordName ?? '', owner, 'subjectfull');
    return [await world.signedIn(owner, place), { ...place, recordName }];
  },
};
const missing = 'not_authorized: missing_permission';
const refusals: Readonly<Record<string, string>> = {
  'somebody anonymous': 'not_logged_in',
  'somebody else': missing,
  'the owner with a token for another inst': 'not_authorized: invalid_token',
  'somebody with a key of the record for its name': missing,
};

describe.each(Object.entries(callers))('%s', (who, come) => {
  it.each(all)('may not %s in a private inst, unless it is theirs', async (deed) => {
    const { place, keeper } = await shared();
    const [client, named] = await come(place);
    expect(await attempt(client, named, deed)).toBe(refusals[who] ?? 'done');
    if (refusals[who]) expect(await traces(keeper, place)).toEqual([]);
  });

  it.each(all)('may %s in an inst that everybody may read if that is no more than reading', async (deed) => {
    const { place, keeper } = await shared('publicRead');
    const [client, named] = await come(place);
    const refusal = who.includes('another inst') || !reading.includes(deed) ? refusals[who] : undefined;
    expect(await attempt(client, named, deed)).toBe(refusal ?? 'done');
    if (refusals[who]) expect(await traces(keeper, place)).toEqual([]);
  });

  it('makes no inst that is not theirs to make', async () => {
    const place = { recordName: await made(owner), inst: `inst ${++count}`, branch: 'default' };
    const [client, named] = await come(place);
    for (const deed of ['watch', 'add'] as const) {
      expect(await attempt(client, named, deed)).toBe(refusals[who] ?? 'done');
    }
    const { totalCount } = await call('listInsts', owner, { recordName: place.recordName });
    expect(totalCount).toBe(refusals[who] ? 0 : 1);
  });
});

describe('public insts', () => {
  it.each(all)('are open to everybody to %s', async (deed) => {
    const place = newBranch();
    await world.watching(place);
    expect(await attempt(await world.anonymous(), place, deed)).toBe('done');
    expect(await attempt(await world.signedIn(stranger, { recordName: null, inst: 'any' }), place, deed)).toBe('done');
  });

  it.each([
    ['are open to nobody where they are switched off', { publicInsts: false }, 'not_authorized'],
    [
      'are open to nobody who is not signed in where that is asked for',
      { anonymous: new Set<never>() },
      'not_logged_in',
    ],
  ] as const)('%s', async (_, settings, refusal) => {
    const other: BranchWorld = await branchWorld(settings);
    const client = await other.anonymous();
    for (const deed of all) {
      const before = client.texts.length;
      client.say({ ...deeds[deed].message, ...newBranch() });
      await other.settled();
      const [event] = client.texts.slice(before).map((text) => JSON.parse(text));
      expect(event[2]).toMatchObject({ success: false, errorCode: refusal });
    }
  });
});

/** Somebody who may do anything in an inst that the owner keeps, and how that is taken back. */
const ways: Readonly<Record<string, (recordName: string, to: SignedIn) => Promise<() => Promise<unknown>>>> = {
  'a permission is revoked': async (recordName, { userId: subjectId }) => {
    const permission = { marker: 'private', resourceKind: 'inst', action: null, subjectType: 'user', subjectId };
    await grant(recordName, owner, permission);
    return async () => {
      const { markerPermissions } = await call('listPermissions', owner, { recordName, marker: 'private' });
      await call('revokePermission', owner, { permissionId: markerPermissions[0].id });
    };
  },
  'a role is taken away': async (recordName, { userId }) => {
    const permission = {
      marker: 'private',
      resourceKind: 'inst',
      action: null,
      subjectType: 'role',
      subjectId: 'guest',
    };
    await grant(recordName, owner, permission);
    await call('grantRole', owner, { recordName, role: 'guest', userId });
    return () => call('revokeRole', owner, { recordName, role: 'guest', userId });
  },
  'a permission runs out': async (recordName, { userId: subjectId }) => {
    const expireTimeMs = world.ports.clock.now() + 60_000;
    const permission = { marker: 'private', resourceKind: 'inst', action: null, subjectType: 'user', subjectId };
    await grant(recordName, owner, { ...permission, expireTimeMs });
    return async () => world.advance(60_000);
  },
};

describe.each(Object.entries(ways))('when %s', (_, give) => {
  it('who writes at that time is refused within three seconds, and leaves nothing more', async () => {
    const { place, keeper } = await shared();
    const take = await give(place.recordName, stranger);
    const writer = await world.signedIn(stranger, place);
    const say = (text: string, updateId: number) =>
      writer.say({ type: 'repo/add_updates', ...place, updates: [update(text)], updateId });
    say('allowed', 1);
    await world.settled();
    expect(writer.messages('repo/updates_received')).toHaveLength(1);
    await take();
    world.advance(3_000);
    say('too late', 2);
    expect(await attempt(writer, place, 'action')).toBe(missing);
    await world.settled();
    expect(writer.messages('repo/updates_received')).toHaveLength(1);
    expect(await traces(keeper, place)).not.toContain(update('too late'));
  });

  it('who watches at that time hears nothing from three seconds on, in silence or not, and is told why', async () => {
    const { place, keeper } = await shared();
    const take = await give(place.recordName, stranger);
    const watcher = await world.signedIn(stranger, place);
    watcher.say({ type: 'repo/watch_branch', ...place });
    watcher.say({ type: 'repo/watch_branch_devices', ...place });
    await world.settled();
    const add = (text: string) => keeper.say({ type: 'repo/add_updates', ...place, updates: [update(text)] });
    add('for both');
    await world.settled();
    expect(watcher.updates()).toEqual(['own', 'for both'].map(update));
    await take();
    world.advance(3_000);
    const before = watcher.texts.length;
    add('not for everybody');
    keeper.say({ type: 'repo/send_action', ...place, action: { type: 'remote', event: 'secret', broadcast: true } });
    await world.signedIn(owner, place).then((another) => another.say({ type: 'repo/watch_branch', ...place }));
    await world.settled();
    expect(watcher.texts.slice(before)).toEqual([]);
    expect(world.isOpen(watcher)).toBe(false);
    expect(keeper.messages('repo/receive_action')).toHaveLength(1);
    const again = await world.signedIn(stranger, place);
    expect(await attempt(again, place, 'watch')).toBe(missing);
  });
});

describe('when a session is revoked', () => {
  it('whoever watches and writes with it is out', async () => {
    const { place, keeper } = await shared();
    const guest = await world.person(`guest-${++count}@example.com`);
    const permission = {
      marker: 'private',
      resourceKind: 'inst',
      action: null,
      subjectType: 'user',
      subjectId: guest.userId,
    };
    await grant(place.recordName, owner, permission);
    const watcher = await world.signedIn(guest, place);
    expect(await attempt(watcher, place, 'watch')).toBe('done');
    await world.http('POST', '/api/v2/logout', { as: guest.sessionKey });
    await world.settled();
    expect(world.isOpen(watcher)).toBe(false);
    const before = watcher.texts.length;
    keeper.say({ type: 'repo/add_updates', ...place, updates: [update('later')] });
    await world.settled();
    expect(watcher.texts.slice(before)).toEqual([]);
    expect(await attempt(await world.signedIn(guest, place), place, 'watch')).toBe('invalid_connection_state');
  });
});

describe('when an inst is made anew', () => {
  it('that everybody could read, for its owner only, those who watched the old one hear nothing of it', async () => {
    const { place, keeper } = await shared('publicRead');
    const watcher = await world.anonymous();
    expect(await attempt(watcher, place, 'watch')).toBe('done');
    const before = watcher.texts.length;
    await call('deleteInst', owner, place);
    keeper.say({ type: 'repo/add_updates', ...place, updates: [update('private now')] });
    await world.settled();
    world.advance(3_000);
    keeper.say({ type: 'repo/add_updates', ...place, updates: [update('private as well')] });
    await world.settled();
    expect(watcher.texts.slice(before).join()).not.toContain(update('private'));
    expect(world.isOpen(watcher)).toBe(false);
  });
});

describe('who does not watch an inst', () => {
  it('answers nobody who asks for a permission there', async () => {
    const { place } = await shared();
    const client = await world.signedIn(stranger, place);
    client.say({
      type: 'permission/request/missing/response',
      success: true,
      recordName: place.recordName,
      resourceKind: 'inst',
      resourceId: place.inst,
      subjectType: 'user',
      subjectId: stranger.userId,
    });
    await world.settled();
    expect(client.errors()).toMatchObject([{ errorCode: 'not_authorized' }]);
  });
});
