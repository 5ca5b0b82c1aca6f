import { describe, expect, it } from '@jest/globals';
import { instancesOver } from '../support/instances.ts';
import { makeWorld, type SignedIn } from '../support/world.ts';

/**
 * Everybody who may stand before a project and an instance of it, with whatever they may show, does everything that can be
 * done there. What they should be told follows from two levels and from what each operation needs.
 */

const world = await makeWorld();
const { http } = world;
const { person, project, instance, share, group, joins, key } = instancesOver(world);

const levels = ['read', 'write', 'admin', 'owner'] as const;
type Level = (typeof levels)[number];
/** 0: none at all. */
const rank = (level: Level | undefined) => (level === undefined ? 0 : levels.indexOf(level) + 1);

interface Place {
  readonly owner: SignedIn;
  readonly id: string;
  readonly instanceId: string;
}

/** What somebody has by being who they are. */
interface Standing {
  readonly name: string;
  readonly onProject?: Level;
  readonly onInstance?: Level;
  /** Gives it to them. */
  arrange(place: Place, who: SignedIn): Promise<unknown>;
}

/** What somebody shows, and what that leaves of a level; undefined where it reaches nothing. */
interface Showing {
  readonly name: string;
  make(place: Place, as: string): Promise<string>;
  /** By what it reaches and is good for. */
  left(level: Level | undefined, on: 'project' | 'instance'): Level | undefined;
  /** Good for what takes somebody in person. */
  readonly inPerson: boolean;
}

async function newPlace(): Promise<Place> {
  const owner = await person();
  const { id, defaultInstanceId: instanceId } = await project(owner.sessionKey);
  await http('PUT', `/api/instances/${instanceId}/keys/k`, { body: { value: 1 }, as: owner.sessionKey });
  return { owner, id, instanceId };
}

const by = {
  user: async (_: Place, who: SignedIn) => ({ targetType: 'user', targetId: who.userId }),
  group: async ({ owner }: Place, who: SignedIn) => {
    const { id } = await group(owner.sessionKey);
    await joins(owner.sessionKey, id, who.userId);
    return { targetType: 'group', targetId: id };
  },
  public: async () => ({ targetType: 'public' }),
};

function standings(): Standing[] {
  const shared = (['read', 'write', 'admin'] as const).flatMap((permission) =>
    (['user', 'group', 'public'] as const).flatMap((target) =>
      (['project', 'instance'] as const).map(
        (what): Standing => ({
          name: `who may ${permission} the ${what} (${target})`,
          ...(what === 'project' ? { onProject: permission } : {}),
          onInstance: permission,
          arrange: async (place, who) => {
            const at = what === 'project' ? `projects/${place.id}` : `instances/${place.instanceId}`;
            await share(place.owner.sessionKey, at, { ...(await by[target](place, who)), permission });
          },
        }),
      ),
    ),
  );
  return [{ name: 'a stranger', arrange: async () => undefined }, ...shared];
}

const session: Showing = { name: 'a session', make: async (_, as) => as, left: (level) => level, inPerson: true };

function keysOf(permission: 'read' | 'write' | 'admin'): Showing[] {
  const atMost = (level: Level | undefined, most: Level) => level && levels[Math.min(rank(level), rank(most)) - 1];
  const make = async (as: string, scope: object) => (await key(as, { ...scope, permissions: [permission] })).key;
  return [
    {
      name: `a key of the account for ${permission}`,
      make: (_, as) => make(as, { scopeType: 'account' }),
      left: (level) => (permission === 'admin' ? level : atMost(level, permission)),
      inPerson: permission === 'admin',
    },
    {
      name: `a key of the project for ${permission}`,
      make: ({ id }, as) => make(as, { scopeType: 'project', scopeId: id }),
      left: (level) => atMost(level, permission),
      inPerson: false,
    },
    {
      name: `a key of the instance for ${permission}`,
      make: ({ instanceId }, as) => make(as, { scopeType: 'instance', scopeId: instanceId }),
      left: (level, on) => (on === 'instance' ? atMost(level, permission) : undefined),
      inPerson: false,
    },
    {
      name: `a key of another project for ${permission}`,
      make: async (_, as) => make(as, { scopeType: 'project', scopeId: (await project(as)).id }),
      left: () => undefined,
      inPerson: false,
    },
    {
      name: `a key of a sibling for ${permission}`,
      make: async ({ id, owner }, as) => {
        const { id: scopeId } = await instance(owner.sessionKey, id, { name: 'sibling' });
        return make(as, { scopeType: 'instance', scopeId });
      },
      left: () => undefined,
      inPerson: false,
    },
  ];
}

interface Deed {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly on: 'project' | 'instance';
  readonly needs: Level;
  readonly done?: 201;
  readonly inPerson?: true;
}

/** In an order in which none stands in the way of a later one. */
const deeds: readonly Deed[] = [
  { method: 'GET', path: 'projects/P', on: 'project', needs: 'read' },
  { method: 'GET', path: 'projects/P/instances', on: 'project', needs: 'read' },
  { method: 'GET', path: 'instances/I', on: 'instance', needs: 'read' },
  { method: 'GET', path: 'instances/I/keys', on: 'instance', needs: 'read' },
  { method: 'GET', path: 'instances/I/keys/k', on: 'instance', needs: 'read' },
  { method: 'PUT', path: 'instances/I/keys/k', body: { value: 2 }, on: 'instance', needs: 'write' },
  { method: 'POST', path: 'instances/I/keys/k/upload', body: { size: 5 }, on: 'instance', needs: 'write' },
  { method: 'DELETE', path: 'instances/I/keys/k', on: 'instance', needs: 'write' },
  { method: 'DELETE', path: 'instances/I/keys', on: 'instance', needs: 'admin' },
  { method: 'PATCH', path: 'instances/I', body: { name: 'new' }, on: 'instance', needs: 'admin' },
  { method: 'GET', path: 'instances/I/shares', on: 'instance', needs: 'admin' },
  { method: 'PUT', path: 'projects/P', body: { name: 'new' }, on: 'project', needs: 'admin' },
  { method: 'GET', path: 'projects/P/shares', on: 'project', needs: 'admin' },
  { method: 'POST', path: 'projects/P/instances', body: { name: 'i' }, on: 'project', needs: 'admin', done: 201 },
  ...(['project', 'instance'] as const).map(
    (on): Deed => ({
      method: 'POST',
      path: on === 'project' ? 'projects/P/shares' : 'instances/I/shares',
      body: { targetType: 'group', targetId: 'G', permission: 'read' },
      on,
      needs: 'admin',
      done: 201,
    }),
  ),
];

const missing = { project: 'Project not found', instance: 'Instance not found' };
const lacking = (needs: Level) => `${needs.charAt(0).toUpperCase()}${needs.slice(1)} permission required`;

/** What an operation that needs a level should say. */
function expected({ on, needs, done }: Pick<Deed, 'on' | 'needs' | 'done'>, level: Level | undefined) {
  if (level === undefined) return [404, missing[on]];
  return rank(level) < rank(needs) ? [403, lacking(needs)] : [done ?? 200, undefined];
}

async function behaves(standing: Standing, showing: Showing): Promise<void> {
  const place = await newPlace();
  const isOwner = standing.onProject === 'owner';
  const who = isOwner ? place.owner : await person();
  const { owner, id, instanceId } = place;
  let as = who.sessionKey;
  if (showing !== session) {
    // Whoever is to have a key for some place has to be admin there; what they have later counts.
    const { id: lent } = await share(owner.sessionKey, `projects/${id}`, {
      targetType: 'user',
      targetId: who.userId,
      permission: 'admin',
    });
    as = await showing.make(place, who.sessionKey);
    await http('DELETE', `/api/shares/${lent}`, { as: owner.sessionKey });
  }
  await standing.arrange(place, who);
  const { id: groupId } = await group(owner.sessionKey);
  const onProject = showing.left(standing.onProject, 'project');
  const onInstance = showing.left(standing.onInstance, 'instance');
  const told: unknown[] = [];
  const due: unknown[] = [];
  const compare = async (deed: Pick<Deed, 'method' | 'path' | 'body'>, outcome: unknown[]) => {
    const { method, path, body } = deed;
    const at = path.replace('P', id).replace('I', instanceId);
    const text = body && JSON.stringify(body).replace('"G"', JSON.stringify(groupId)).replace('"I"', `"${instanceId}"`);
    const answer = await http(method, `/api/${at}`, { as, body: text });
    told.push([method, path, answer.status, answer.body?.error]);
    due.push([method, path, ...outcome]);
  };
  for (const deed of deeds) await compare(deed, expected(deed, deed.on === 'project' ? onProject : onInstance));
  await compare(
    { method: 'POST', path: 'ws-token', body: { instanceId: 'I' } },
    onInstance ? [200, undefined] : [403, 'Instance not found or access denied'],
  );
  const mayDelete = onInstance === 'owner' || rank(onProject) >= rank('admin');
  await compare(
    { method: 'DELETE', path: 'instances/I' },
    onInstance === undefined ? [404, missing.instance] : mayDelete ? [200, undefined] : [403, lacking('admin')],
  );
  const deletion = showing.inPerson
    ? expected({ on: 'project', needs: 'owner' }, onProject)
    : [403, expect.any(String)];
  await compare({ method: 'DELETE', path: 'projects/P' }, deletion);
  expect(told).toEqual(due);
}

const ownerOfAll: Standing = {
  name: 'the owner',
  onProject: 'owner',
  onInstance: 'owner',
  arrange: async () => undefined,
};
const writerOfAll = standings().find(({ name }) => name === 'who may write the project (user)') ?? ownerOfAll;
const keys = (['read', 'write', 'admin'] as const).flatMap(keysOf);

describe('with a session', () => {
  it.each([...standings(), ownerOfAll].map((standing) => [standing.name, standing] as const))('%s', (_, standing) =>
    behaves(standing, session),
  );
});

describe.each([ownerOfAll, writerOfAll].map((standing) => [standing.name, standing] as const))(
  'with a key of %s',
  (_, standing) => {
    it.each(keys.map((showing) => [showing.name, showing] as const))('%s', (_, showing) => behaves(standing, showing));
  },
);

describe('whoever made an instance in a project of somebody else', () => {
  it('owns it, and may delete it, when the project is theirs no more to administer', async () => {
    const { owner, id } = await newPlace();
    const maker = await person();
    const lent = await share(owner.sessionKey, `projects/${id}`, {
      targetType: 'user',
      targetId: maker.userId,
      permission: 'admin',
    });
    const { id: made } = await instance(maker.sessionKey, id);
    await http('DELETE', `/api/shares/${lent.id}`, { as: owner.sessionKey });
    const at = (path: string) => http('GET', `/api/${path}`, { as: maker.sessionKey });
    expect((await at(`projects/${id}`)).status).toBe(404);
    expect((await at(`instances/${made}`)).body.role).toBe('owner');
    expect((await http('DELETE', `/api/instances/${made}`, { as: maker.sessionKey })).status).toBe(200);
  });
});
