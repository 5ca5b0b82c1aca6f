import { beforeAll, describe, expect, it } from '@jest/globals';
import { keys } from '../../functions/core/keys.ts';
import type { UserId } from '../../functions/core/names.ts';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

/**
 * Everybody who may come, before everything that can be done to data and events, under every kind of marker. The tables
 * stand here as clients know them, not as the product has them.
 */

/** What markers open to everybody. */
const openTo: Readonly<Record<string, readonly string[]>> = {
  publicRead: ['data.read', 'data.list', 'event.count'],
  publicWrite: [
    'data.read',
    'data.list',
    'event.count',
    'data.create',
    'data.update',
    'data.delete',
    'event.increment',
  ],
};
/** What record keys open. */
const keyed = [
  'data.read',
  'data.create',
  'data.update',
  'data.delete',
  'data.list',
  'event.count',
  'event.increment',
  'event.update',
];
/** What studios open to their members. */
const membered = [
  'data.read',
  'data.create',
  'data.update',
  'data.delete',
  'data.list',
  'event.count',
  'event.increment',
  'event.list',
];
const moderated = ['data.read', 'data.list', 'event.count', 'event.list'];
const markers = ['publicRead', 'publicRead:path', 'publicWrite', 'private', 'secret', 'secret:path', 'other'];
const rootOf = (marker: string) => marker.split(':')[0] ?? '';

interface Caller {
  readonly as: () => SignedIn | undefined;
  /** A key in the place of the record's name. */
  readonly key?: 'subjectless' | 'subjectfull';
  readonly instances?: () => string[];
  /** What they may beyond what is public. */
  readonly may: (deed: string, marker: string) => boolean;
  readonly mayAssign?: (marker: string) => boolean;
  readonly studio?: true;
  /** The session has run out: nothing at all. */
  readonly isStale?: true;
}

let world: World;
const people: Record<string, SignedIn> = {};
const who = (name: string) => () => people[name];
const everything = { may: () => true, mayAssign: () => true };
const nothing = { may: () => false };
const { call, made, keyTo, grant } = recordCalls(() => world);

let own = '';
let sister = '';
let foreign = '';
const studio = 'studio-of-friends';
const opened: Record<string, string> = {};

const callers: Readonly<Record<string, Caller>> = {
  nobody: { as: () => undefined, ...nothing },
  'somebody whose session has run out': { as: who('late'), ...nothing, isStale: true },
  'a stranger': { as: who('stranger'), ...nothing },
  'the owner': { as: who('owner'), ...everything },
  'a super user': { as: who('boss'), ...everything },
  'a moderator': { as: who('moderator'), may: (deed) => moderated.includes(deed) },
  'an administrator of the record': { as: who('admin'), ...everything },
  'an administrator whose role has run out': { as: who('former'), ...nothing },
  'somebody with a role': {
    as: who('member'),
    may: (deed, marker) => rootOf(marker) === 'secret' && deed.startsWith('data.'),
  },
  'somebody with a grant for a marker': {
    as: who('granted'),
    may: (deed, marker) => rootOf(marker) === 'secret' && (deed === 'data.read' || deed === 'event.increment'),
  },
  'somebody with a grant that has run out': { as: who('expired'), ...nothing },
  'somebody with a grant for single things': {
    as: who('resource'),
    may: (deed, marker) => marker === 'other' && ['data.update', 'event.update'].includes(deed),
  },
  'somebody who may list the record': {
    as: who('lister'),
    may: (deed, marker) => marker === 'account' && ['data.list', 'event.list'].includes(deed),
  },
  'nobody with a key for anybody': { as: () => undefined, key: 'subjectless', may: (deed) => keyed.includes(deed) },
  'a stranger with a key for anybody': { as: who('stranger'), key: 'subjectless', may: (deed) => keyed.includes(deed) },
  'the owner with a key for anybody': { as: who('owner'), key: 'subjectless', may: () => true },
  'a stranger with a key for users': { as: who('stranger'), key: 'subjectfull', may: (deed) => keyed.includes(deed) },
  'nobody with a key for users': { as: () => undefined, key: 'subjectfull', ...nothing },
  'the owner in an inst of the record': { as: who('owner'), instances: () => [`${own}/inst`], ...everything },
  'the owner in an inst of a record of theirs': {
    as: who('owner'),
    instances: () => [`${sister}/inst`],
    ...everything,
  },
  'the owner in an inst of somebody else': { as: who('owner'), instances: () => [`${foreign}/inst`], ...nothing },
  'the owner in an inst of nobody': { as: who('owner'), instances: () => ['inst'], ...nothing },
  'the owner in two insts, one of somebody else': {
    as: who('owner'),
    instances: () => [`${own}/inst`, `${foreign}/inst`],
    ...nothing,
  },
  'the owner in an inst that was let in': {
    as: who('owner'),
    instances: () => ['/trusted'],
    may: (deed, marker) => rootOf(marker) === 'secret' && deed.startsWith('data.'),
  },
  'a stranger in an inst of the record': { as: who('stranger'), instances: () => [`${own}/inst`], ...nothing },
  'a super user in an inst of somebody else': { as: who('boss'), instances: () => [`${foreign}/inst`], ...nothing },
  'a stranger to the studio': { as: who('stranger'), studio: true, ...nothing },
  'a member of the studio': {
    as: who('colleague'),
    studio: true,
    may: (deed) => membered.includes(deed),
    mayAssign: (marker) => ['publicRead', 'private'].includes(rootOf(marker)),
  },
  'an administrator of the studio': { as: who('head'), studio: true, ...everything },
};

beforeAll(async () => {
  world = await makeWorld({ superUserAddresses: new Set(['boss@example.com']) });
  people.late = await world.signIn('late@example.com');
  world.clock.advance(14 * 24 * 60 * 60_000);
  const names = 'owner boss moderator admin former member granted expired resource lister stranger colleague head';
  for (const name of names.split(' ')) people[name] = await world.signIn(`${name}@example.com`);
  const person = (name: string) => people[name]?.userId as UserId;
  const at = keys.user(person('moderator'));
  await world.ports.table.put({ ...at, ...(await world.ports.table.get(at)), role: 'moderator' });
  for (const [name, role] of [
    ['colleague', 'member'],
    ['head', 'admin'],
  ] as const) {
    await world.ports.table.put({ ...keys.studioMember(studio, person(name)), role });
  }
  const owner = people.owner as SignedIn;
  const head = people.head as SignedIn;
  [own, sister, foreign] = [await made(owner), await made(owner), await made(people.stranger as SignedIn)];
  expect(await call('createRecord', head, { recordName: 'of-the-studio', studioId: studio })).toMatchObject({
    status: 200,
  });
  for (const policy of ['subjectless', 'subjectfull'] as const) opened[policy] = await keyTo(own, owner, policy);
  const soon = world.clock.now() + 1;
  const toUser = (name: string, marker: string, resourceKind: string, action: string | null, more: object = {}) =>
    grant(own, owner, { marker, resourceKind, action, subjectType: 'user', subjectId: person(name), ...more });
  await toUser('granted', 'secret', 'data', 'read');
  await toUser('granted', 'secret:whatever', 'event', 'increment');
  await toUser('expired', 'secret', 'data', null, { expireTimeMs: soon });
  await toUser('lister', 'account', 'data', 'list');
  await toUser('lister', 'account', 'event', 'list');
  await grant(own, owner, {
    marker: 'secret',
    resourceKind: 'data',
    subjectType: 'role',
    subjectId: 'artist',
  });
  await grant(own, owner, { marker: 'secret', resourceKind: 'data', subjectType: 'inst', subjectId: '/trusted' });
  for (const [resourceKind, resourceId] of [
    ['data', 'kept-other'],
    ['event', 'e-other'],
  ]) {
    const single = { resourceKind, resourceId, action: 'update', subjectType: 'user', subjectId: person('resource') };
    await grant(own, owner, single);
  }
  for (const [role, name, expireTimeMs] of [
    ['admin', 'admin', null],
    ['admin', 'former', soon],
    ['artist', 'member', null],
  ] as const) {
    await call('grantRole', owner, { recordName: own, role, userId: person(name), expireTimeMs });
  }
  for (const [recordKey, as] of [
    [own, owner],
    ['of-the-studio', head],
  ] as const) {
    for (const marker of markers) {
      const marked = { recordKey, markers: [marker] };
      await call('recordData', as, { ...marked, address: `kept-${marker}`, data: 1 });
      await call('updateEvent', as, { ...marked, eventName: `e-${marker}`, count: 1 });
    }
  }
  world.clock.advance(1);
});

let fresh = 0;
type Attempt = (caller: Caller, marker: string, record: string) => Promise<{ status: number; errorCode?: string }>;

/** Each deed, tried by procedure. */
const attempts: Readonly<Record<string, { readonly writes: boolean; readonly attempt: Attempt }>> = {
  'data.read': {
    writes: false,
    attempt: (one, marker, recordName) =>
      call('getData', one.as(), { recordName, address: `kept-${marker}`, instances: one.instances?.() }),
  },
  'data.list': {
    writes: false,
    attempt: (one, marker, recordName) =>
      call('listData', one.as(), {
        recordName,
        ...(marker === 'account' ? {} : { marker }),
        instances: one.instances?.(),
      }),
  },
  'data.create': {
    writes: true,
    attempt: (one, marker, recordKey) =>
      call('recordData', one.as(), {
        recordKey,
        address: `new-${++fresh}`,
        data: 1,
        markers: [marker],
        instances: one.instances?.(),
      }),
  },
  'data.update': {
    writes: true,
    attempt: (one, marker, recordKey) =>
      call('recordData', one.as(), { recordKey, address: `kept-${marker}`, data: 2, instances: one.instances?.() }),
  },
  'data.delete': {
    writes: true,
    async attempt(one, marker, recordKey) {
      const address = `doomed-${++fresh}`;
      const [record, as] = one.studio ? ['of-the-studio', people.head] : [own, people.owner];
      await call('recordData', as, { recordKey: record, address, data: 1, markers: [marker] });
      return call('eraseData', one.as(), { recordKey, address, instances: one.instances?.() });
    },
  },
  'event.count': {
    writes: false,
    attempt: (one, marker, recordName) =>
      call('getEventCount', one.as(), { recordName, eventName: `e-${marker}`, instances: one.instances?.() }),
  },
  'event.increment': {
    writes: true,
    attempt: (one, marker, recordKey) =>
      call('addEventCount', one.as(), {
        recordKey,
        eventName: `e-${marker}`,
        count: 1,
        instances: one.instances?.(),
      }),
  },
  'event.update': {
    writes: true,
    attempt: (one, marker, recordKey) =>
      call('updateEvent', one.as(), { recordKey, eventName: `e-${marker}`, count: 1, instances: one.instances?.() }),
  },
  'event.list': {
    writes: false,
    attempt: (one, _, recordName) => call('listEvents', one.as(), { recordName, instances: one.instances?.() }),
  },
};

function isAllowed(caller: Caller, deed: string, marker: string): boolean {
  if (caller.isStale) return false;
  const isSomebody = caller.as() !== undefined || caller.key === 'subjectless';
  if (attempts[deed]?.writes && !isSomebody) return false;
  // A key is tried before it is known that nobody holds it, but what is public needs none.
  const may = openTo[rootOf(marker)]?.includes(deed) || caller.may(deed, marker);
  const mayMark = deed !== 'data.create' || rootOf(marker) === 'publicRead' || caller.mayAssign?.(marker) === true;
  return may && mayMark;
}

function refusalOf(caller: Caller, deed: string): string {
  if (caller.isStale) return 'session_expired';
  if (caller.as() !== undefined) return 'not_authorized';
  // Who is nobody might do more when signed in; with a key for nobody they would not, where the key opens the deed.
  return caller.key === 'subjectless' && keyed.includes(deed) ? 'not_authorized' : 'not_logged_in';
}

describe.each(Object.entries(callers))('%s', (_, caller) => {
  const cases = Object.keys(attempts).flatMap((deed) => {
    if (deed === 'event.list') return [[deed, 'account'] as const];
    const bearing = deed === 'data.list' ? [...markers, 'account'] : markers;
    return bearing.map((marker) => [deed, marker] as const);
  });

  it.each(cases)('may %s what bears %s if the tables say so, and is told why not', async (deed, marker) => {
    const record = caller.key ? (opened[caller.key] ?? '') : caller.studio ? 'of-the-studio' : own;
    const answer = await attempts[deed]?.attempt(caller, marker, record);
    const outcome = answer?.status === 200 ? 'allowed' : answer?.errorCode;
    expect(outcome).toBe(isAllowed(caller, deed, marker) ? 'allowed' : refusalOf(caller, deed));
  });
});
