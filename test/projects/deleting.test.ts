import { describe, expect, it } from '@jest/globals';
import { branded } from '../../functions/core/branded.ts';
import type { UserId } from '../../functions/core/names.ts';
import { deleteOwnedBy } from '../../functions/projects/erase.ts';
import { held } from '../support/held-ports.ts';
import { httpOver } from '../support/http.ts';
import { instancesWorld } from '../support/instances.ts';
import { untilKilled } from '../support/mortal-ports.ts';

const world = await instancesWorld();
const { http, ports, settled, person, project, instance, share, group, joins, key } = world;
const { table } = ports;

/** A project of somebody's with two instances, a key in each, and shares of everything. */
async function furnished() {
  const [alice, bob] = [await person(), await person()];
  const as = alice.sessionKey;
  const { id, defaultInstanceId: main } = await project(as);
  const { id: other } = await instance(as, id);
  const withBob = { targetType: 'user', targetId: bob.userId, permission: 'admin' };
  await share(as, `projects/${id}`, withBob);
  for (const one of [main, other]) {
    await http('PUT', `/api/instances/${one}/keys/k`, { body: { value: 'here' }, as });
    await share(as, `instances/${one}`, withBob);
  }
  return { alice, bob, as, id, instances: [main, other] };
}

type Furnished = Awaited<ReturnType<typeof furnished>>;

/** What everybody who had anything to do with it sees of it: `there`, `gone`, or a mixture, in words. */
async function seen({ as, bob, id, instances }: Furnished): Promise<string> {
  const readers = [as, bob.sessionKey];
  const paths = [`projects/${id}`, `projects/${id}/instances`, ...instances.map((one) => `instances/${one}/keys/k`)];
  const answers: string[] = [];
  for (const reader of readers) {
    for (const path of paths) {
      const { status } = await http('GET', `/api/${path}`, { as: reader });
      answers.push(status === 200 ? 'there' : status === 404 ? 'gone' : String(status));
    }
    const { projects } = (await http('GET', '/api/projects', { as: reader })).body;
    answers.push(projects.length === 1 ? 'there' : 'gone');
  }
  return [...new Set(answers)].join(' and ');
}

/** Rows that anything is still kept in. */
async function traces({ id, instances, bob, alice }: Furnished): Promise<string[]> {
  const partitions = [
    `PROJECT#${id}`,
    `INSTANCES#${id}`,
    `PROJECTS#${alice.userId}`,
    `SHARES#project#${id}`,
    `SHARED#user#${bob.userId}`,
    ...instances.flatMap((one) => [`INSTANCE#${one}`, `SHARES#instance#${one}`, `MEMORY#${one}`]),
  ];
  const rows = await Promise.all(partitions.map((pk) => table.query({ pk })));
  return rows.flat().map(({ pk, sk }) => `${pk} ${sk}`);
}

const owned = async ({ alice }: Furnished) => (await table.get({ pk: `OWNED#${alice.userId}`, sk: 'projects' }))?.owned;

describe('deleting a project', () => {
  it('takes all that is in it along at once, and leaves nothing', async () => {
    const it = await furnished();
    expect(await seen(it)).toBe('there');
    const answer = await http('DELETE', `/api/projects/${it.id}`, { as: it.as });
    expect([answer.status, answer.body]).toEqual([200, { success: true }]);
    expect(await seen(it)).toBe('gone');
    await settled();
    expect(await traces(it)).toEqual([]);
    expect(await owned(it)).toBe(0);
    expect(world.dead).toEqual([]);
  });

  it('by somebody who dies over it is done whole, or not at all', async () => {
    for (let ios = 0, killed = true; killed; ios++) {
      const it = await furnished();
      killed = await untilKilled(ports, ios, (mine) =>
        httpOver(mine)('DELETE', `/api/projects/${it.id}`, { as: it.as }),
      );
      await settled();
      const outcome = await seen(it);
      expect([ios, outcome]).toEqual([ios, outcome === 'there' && killed ? 'there' : 'gone']);
      if (outcome === 'gone') expect([ios, await traces(it), await owned(it)]).toEqual([ios, [], 0]);
    }
    expect(world.dead).toEqual([]);
  });

  it('goes on where whoever cleans up has died, and harms nobody when it comes twice', async () => {
    for (let ios = 0; ios < 55; ios += 5) {
      const it = await furnished();
      world.killNextAfter(ios);
      await http('DELETE', `/api/projects/${it.id}`, { as: it.as });
      await settled();
      world.killNextAfter(Number.POSITIVE_INFINITY);
      world.clock.advance(3_000);
      await world.remind();
      expect([ios, await seen(it), await traces(it), await owned(it)]).toEqual([ios, 'gone', [], 0]);
    }
    world.deliverTimes(2);
    const it = await furnished();
    await http('DELETE', `/api/projects/${it.id}`, { as: it.as });
    await settled();
    world.deliverTimes(1);
    expect([await seen(it), await traces(it), await owned(it)]).toEqual(['gone', [], 0]);
    expect(world.dead).toEqual([]);
  });

  it('while instances are made in it leaves none of them', async () => {
    for (let round = 0; round < 5; round++) {
      const it = await furnished();
      const make = (more: object) =>
        http('POST', `/api/projects/${it.id}/instances`, { body: { name: 'new', ...more }, as: it.bob.sessionKey });
      const [gone, ...made] = await Promise.all([
        http('DELETE', `/api/projects/${it.id}`, { as: it.as }),
        ...Array.from({ length: 4 }, (_, at) => make(at % 2 ? { cloneFrom: it.instances[0] } : {})),
      ]);
      expect(gone.status).toBe(200);
      for (const { status } of made) expect([201, 404]).toContain(status);
      await settled();
      const ids = made.flatMap(({ body }) => (body.id ? [body.id] : []));
      expect(await traces({ ...it, instances: [...it.instances, ...ids] })).toEqual([]);
    }
  });

  it('in the middle of copying into it leaves nothing of the copy', async () => {
    const it = await furnished();
    const slow = held(ports, { call: 'update', on: 'madeSince' });
    const copying = httpOver(slow.ports)('POST', `/api/projects/${it.id}/instances`, {
      body: { name: 'copy', cloneFrom: it.instances[0] },
      as: it.as,
    });
    await slow.rests;
    // Nobody sees it before it is whole.
    const { body } = await http('GET', `/api/projects/${it.id}/instances`, { as: it.as });
    expect(body.instances).toHaveLength(2);
    const rows = await table.query({ pk: `INSTANCES#${it.id}` });
    const copy = rows.map(({ sk }) => String(sk)).find((id) => !it.instances.includes(id)) ?? '';
    expect((await http('GET', `/api/instances/${copy}`, { as: it.as })).status).toBe(404);
    await http('DELETE', `/api/projects/${it.id}`, { as: it.as });
    await settled();
    slow.goOn();
    expect((await copying).status).toBe(404);
    await settled();
    expect(await traces({ ...it, instances: [...it.instances, copy] })).toEqual([]);
  });
});

describe('a copy that nobody will finish', () => {
  it('is never seen, and erased when somebody comes across it', async () => {
    const it = await furnished();
    const body = { name: 'copy', cloneFrom: it.instances[0] };
    const slow = held(ports, { call: 'update', on: 'madeSince' });
    void httpOver(slow.ports)('POST', `/api/projects/${it.id}/instances`, { body, as: it.as });
    await slow.rests;
    const list = () => http('GET', `/api/projects/${it.id}/instances`, { as: it.as });
    expect((await list()).body.instances).toHaveLength(2);
    await settled();
    expect(await table.query({ pk: `INSTANCES#${it.id}` })).toHaveLength(3);
    world.clock.advance(6 * 60_000);
    expect((await list()).body.instances).toHaveLength(2);
    await settled();
    expect(await table.query({ pk: `INSTANCES#${it.id}` })).toHaveLength(2);
  });
});

describe('deleting an instance', () => {
  it('by somebody who dies over it is done whole, or not at all', async () => {
    for (let ios = 0, killed = true; killed; ios++) {
      const it = await furnished();
      const [main = ''] = it.instances;
      killed = await untilKilled(ports, ios, (mine) =>
        httpOver(mine)('DELETE', `/api/instances/${main}`, { as: it.as }),
      );
      await settled();
      const { status } = await http('GET', `/api/instances/${main}/keys/k`, { as: it.as });
      const listed = (await http('GET', `/api/projects/${it.id}/instances`, { as: it.as })).body.instances.length;
      expect([
        [200, 2],
        [404, 1],
      ]).toContainEqual([status, listed]);
      if (!killed) expect(status).toBe(404);
      if (status === 404) expect(await table.query({ pk: `SHARES#instance#${main}` })).toEqual([]);
      const row = await table.get({ pk: `PROJECT#${it.id}`, sk: 'PROJECT' });
      expect(row?.instances).toBe(listed);
    }
  });
});

describe('deleting a group', () => {
  it('takes what it was given along at once, and leaves nothing, whoever dies over it', async () => {
    for (let ios = 0, killed = true; killed; ios++) {
      const [alice, bob] = [await person(), await person()];
      const { id } = await project(alice.sessionKey);
      const { id: groupId } = await group(alice.sessionKey);
      await joins(alice.sessionKey, groupId, bob.userId);
      await share(alice.sessionKey, `projects/${id}`, { targetType: 'group', targetId: groupId, permission: 'read' });
      killed = await untilKilled(ports, ios, (mine) =>
        httpOver(mine)('DELETE', `/api/groups/${groupId}`, { as: alice.sessionKey }),
      );
      const reads = async () => (await http('GET', `/api/projects/${id}`, { as: bob.sessionKey })).status;
      if (!killed) expect(await reads()).toBe(404);
      await settled();
      const { shares } = (await http('GET', `/api/projects/${id}/shares`, { as: alice.sessionKey })).body;
      const members = await table.query({ pk: `GROUPMEMBERS#${groupId}` });
      const groups = await table.query({ pk: `GROUPS#${bob.userId}` });
      expect([await reads(), shares.length, members.length, groups.length]).toEqual(
        (await reads()) === 200 ? [200, 1, 1, 1] : [404, 0, 0, 0],
      );
    }
  });
});

describe('deleting what a user owns', () => {
  it('leaves nothing of theirs, and others what is theirs', async () => {
    const it = await furnished();
    const { alice, bob, as } = it;
    const { id: groupId } = await group(as);
    await joins(as, groupId, bob.userId);
    const { id: bobsGroup } = await group(bob.sessionKey);
    await joins(bob.sessionKey, bobsGroup, alice.userId);
    const bobs = await project(bob.sessionKey);
    await share(bob.sessionKey, `projects/${bobs.id}`, {
      targetType: 'user',
      targetId: alice.userId,
      permission: 'admin',
    });
    const made = await instance(as, bobs.id);
    const { key: text } = await key(as, { scopeType: 'account' });
    await deleteOwnedBy(ports, branded<UserId>(alice.userId));
    await settled();
    expect(await traces(it)).toEqual([]);
    for (const pk of [`GROUPS#${alice.userId}`, `GROUPS#${bob.userId}`, `SHARED#user#${alice.userId}`]) {
      const rows = (await table.query({ pk })).map(({ sk }) => sk);
      expect([pk, rows]).toEqual([pk, pk === `GROUPS#${bob.userId}` ? [`OWN#${bobsGroup}`] : []]);
    }
    expect((await http('GET', '/api/projects', { as: text })).status).toBe(401);
    expect((await http('GET', `/api/instances/${made.id}`, { as: bob.sessionKey })).status).toBe(200);
    const { shares } = (await http('GET', `/api/projects/${bobs.id}/shares`, { as: bob.sessionKey })).body;
    expect(shares).toEqual([]);
  });
});
