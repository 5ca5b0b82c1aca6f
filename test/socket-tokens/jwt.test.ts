import { afterAll, expect, it } from '@jest/globals';
import { startFakeClerk } from '../support/fake-clerk.ts';
import { memoryWorld } from '../support/memory.ts';

type Client = Awaited<ReturnType<typeof world.connect>>;

let now = Date.now;
const clerk = await startFakeClerk(() => now());
const world = await memoryWorld({ clerk: clerk.settings });
now = () => world.ports.clock.now();
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

it.each<[string, (id: string, jwt: string) => Promise<Client>]>([
  ['at the upgrade', (id, jwt) => world.connect(id, undefined, { query: { access_token: jwt } })],
  [
    'in its first message',
    async (id, apiKey) => {
      const client = await world.connect(id);
      client.send('auth', { apiKey });
      return client;
    },
  ],
])('a socket outlives the token of an issuer that it has shown itself, %s', async (_, opened) => {
  const jwt = await clerk.token({ sub: 'user_3' });
  const { body: project } = await world.http('POST', '/api/projects', { body: { name: 'mine' }, as: jwt });
  const client = await opened(project.defaultInstanceId, jwt);
  await world.settled();
  expect(client.news().map(({ type }) => type)).toEqual(['auth_success', 'sync']);
  world.advance(120_000);
  client.send('ping');
  client.send('set', { key: 'k', value: 1 });
  await world.settled();
  expect(client.news()).toMatchObject([{ type: 'pong' }, { type: 'key_updated', key: 'k' }]);
  expect(world.isOpen(client.socket)).toBe(true);
});

it('a token of an issuer that is over is told from one that never was good', async () => {
  const jwt = await clerk.token({ sub: 'user_2' });
  const { body: project } = await world.http('POST', '/api/projects', { body: { name: 'mine' }, as: jwt });
  const refusal = async (apiKey: string) => {
    const client = await world.connect(project.defaultInstanceId);
    client.send('auth', { apiKey });
    await world.settled();
    expect(world.isOpen(client.socket)).toBe(false);
    return client.frames().map(({ type, code }) => [type, code]);
  };
  world.advance(120_000);
  expect(await refusal(jwt)).toEqual([['auth_error', 'EXPIRED']]);
  expect(await refusal(`${jwt.slice(0, -8)}AAAAAAAA`)).toEqual([['auth_error', 'INVALID_KEY']]);
});
