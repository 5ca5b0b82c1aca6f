import { afterAll, expect, it } from '@jest/globals';
import { startFakeClerk } from '../support/fake-clerk.ts';
import { memoryWorld } from '../support/memory.ts';

const clerk = await startFakeClerk(Date.now);
const world = await memoryWorld({ clerk: clerk.settings });
afterAll(() => clerk.close());

it('a socket outlives the token of an issuer with which it was asked for', async () => {
  const { http } = world;
  const jwt = await clerk.token({ sub: 'user_1' });
  const { body: project } = await http('POST', '/api/projects', { body: { name: 'mine' }, as: jwt });
  const instanceId = project.defaultInstanceId;
  world.advance(30_000);
  const { body } = await http('POST', '/api/ws-token', { body: { instanceId }, as: jwt });
  world.advance(45_000);
  expect((await http('GET', `/api/instances/${instanceId}`, { as: jwt })).status).toBe(401);
  const client = await world.connect(instanceId, undefined, { query: { token: body.token } });
  expect(client.frames()[0]).toMatchObject({ type: 'auth_success', permission: 'admin' });
  world.advance(600_000);
  client.send('set', { key: 'k', value: 1 });
  await world.settled();
  expect(client.frames().at(-1)).toMatchObject({ type: 'key_updated', key: 'k' });
});
