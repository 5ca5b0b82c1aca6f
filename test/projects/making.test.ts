import { expect, it } from '@jest/globals';
import { httpOver } from '../support/http.ts';
import { instancesWorld } from '../support/instances.ts';
import { untilKilled } from '../support/mortal-ports.ts';

/** What is made by somebody who dies over it is there whole, or not at all. */

const world = await instancesWorld();
const { http, ports, settled, person, project } = world;
const { table } = ports;

it('a project has its first instance, and is counted', async () => {
  for (let ios = 0, killed = true; killed; ios++) {
    const { sessionKey: as, userId } = await person();
    killed = await untilKilled(ports, ios, (mine) =>
      httpOver(mine)('POST', '/api/projects', { body: { name: 'new' }, as }),
    );
    const { projects } = (await http('GET', '/api/projects', { as })).body;
    const counted = (await table.get({ pk: `OWNED#${userId}`, sk: 'projects' }))?.owned ?? 0;
    expect(projects).toHaveLength(Number(counted));
    for (const { id } of projects) {
      const { instances } = (await http('GET', `/api/projects/${id}/instances`, { as })).body;
      expect(instances).toMatchObject([{ name: 'main' }]);
    }
    if (!killed) expect(projects).toHaveLength(1);
  }
});

it('a copy has all keys of its original; what nobody finishes is erased, and counted no more', async () => {
  for (let ios = 0, killed = true; killed; ios++) {
    const { sessionKey: as } = await person();
    const { id, defaultInstanceId } = await project(as);
    for (const name of ['a', 'b', 'c']) {
      await http('PUT', `/api/instances/${defaultInstanceId}/keys/${name}`, { body: { value: name }, as });
    }
    const body = { name: 'copy', cloneFrom: defaultInstanceId };
    killed = await untilKilled(ports, ios, (mine) =>
      httpOver(mine)('POST', `/api/projects/${id}/instances`, { body, as }),
    );
    world.clock.advance(6 * 60_000);
    const list = async () => (await http('GET', `/api/projects/${id}/instances`, { as })).body.instances;
    await list();
    await settled();
    world.clock.advance(3_000);
    await world.remind();
    const seen = await list();
    for (const one of seen) {
      const { keys } = (await http('GET', `/api/instances/${one.id}/keys`, { as })).body;
      expect([one.name, Object.keys(keys)]).toEqual([one.name, ['a', 'b', 'c']]);
    }
    expect(await table.query({ pk: `INSTANCES#${id}` })).toHaveLength(seen.length);
    expect((await table.get({ pk: `PROJECT#${id}`, sk: 'PROJECT' }))?.instances).toBe(seen.length);
    if (!killed) expect(seen).toHaveLength(2);
  }
  expect(world.dead).toEqual([]);
});

it('an API key is found where its owner looks and where callers show it, and is counted', async () => {
  for (let ios = 0, killed = true; killed; ios++) {
    const { sessionKey: as, userId } = await person();
    killed = await untilKilled(ports, ios, (mine) =>
      httpOver(mine)('POST', '/api/keys', { body: { name: 'k', scopeType: 'account' }, as }),
    );
    const { keys } = (await http('GET', '/api/keys', { as })).body;
    const counted = (await table.get({ pk: `OWNED#${userId}`, sk: 'apiKeys' }))?.owned ?? 0;
    expect(keys).toHaveLength(Number(counted));
    if (!killed) expect(keys).toHaveLength(1);
  }
});
