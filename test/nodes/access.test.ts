import { describe, expect, it } from '@jest/globals';
import { nodesWorld } from '../support/nodes.ts';

const world = await nodesWorld({ nodesGuarded: ['private:', 'user:<userId>:'] });
const { sync, post, get, as, userId } = world;
const other = (await world.signIn('other@example.com')).sessionKey;
const mine = `user:${userId}:inbox`;
for (const key of ['open', 'private:plan', mine]) await world.update(key, 'h');

const seenBy = async (who: string | undefined) =>
  Object.keys((await sync({ open: 0, 'private:plan': 0, [mine]: 0 }, {}, { as: who })).body.changed);

describe('nodes that are not for everybody', () => {
  it('are there for whom they are for', async () => {
    expect(await seenBy(undefined)).toEqual(['open']);
    expect(await seenBy(other)).toEqual(['open', 'private:plan']);
    expect(await seenBy(as)).toEqual(['open', 'private:plan', mine]);
  });

  it('are gone for others who knew them', async () => {
    expect((await sync({ [mine]: 5 }, {}, { as: other })).body.changed[mine]).toMatchObject({ version: 0, hash: '' });
  });

  it('are neither found nor listed nor told by others', async () => {
    expect((await get(`nodes?key=${mine}`, { as: other })).status).toBe(404);
    const keysOf = async (who: string) =>
      (await get('versions', { as: who })).body.changed.map(({ key }: { key: string }) => key);
    expect(await keysOf(other)).toEqual(['open', 'private:plan']);
    expect(await keysOf(as)).toEqual(['open', 'private:plan', mine]);
    expect((await get(`events?key=${mine}`, { as: other })).text).toContain('event: heartbeat');
    expect((await get(`events?key=${mine}`, { as })).text).toContain('event: update');
    expect((await get(`poll?key=${mine}`)).body.changed).toEqual({});
  });

  it('are raised by those alone whom they are for', async () => {
    const refused = await post('update', { key: mine, hash: 'h' }, { as: other });
    expect([refused.status, refused.body]).toEqual([403, { error: expect.any(String) }]);
    expect((await post('invalidate', { keys: ['open', mine] }, { as: other })).status).toBe(403);
    expect((await world.http('DELETE', `/reality/nodes?key=${mine}`, { as: other })).status).toBe(403);
    expect((await post('update', { key: mine, hash: 'h' }, { as })).status).toBe(200);
    expect((await post('update', { key: 'private:plan', hash: 'h' }, { as: other })).status).toBe(200);
  });
});
