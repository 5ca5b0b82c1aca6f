import { afterAll, describe, expect, it } from '@jest/globals';
import { aiWorld } from '../support/ai-world.ts';

const world = await aiWorld();
const { http, owner, clock, instanceId } = world;
afterAll(() => world.stop());

const list = async (query = '', as: string | undefined = owner.sessionKey) => {
  const { status, body } = await http('GET', `/api/usage${query}`, { as });
  return { status, usage: body.usage, error: body.error };
};
const ask = (model: string, as = owner.sessionKey) =>
  http('POST', '/api/transform', { as, body: { instanceId, outputKey: 'out', template: 'x', model } });

describe('the use of models', () => {
  it('is listed for who used them, the latest first', async () => {
    const since = Math.floor(clock.now() / 1000);
    for (const model of ['one', 'two', 'three']) {
      clock.advance(1_000);
      await ask(model);
    }
    const models = async (query: string) => (await list(query)).usage.map(({ model }: { model: string }) => model);
    expect(await models('')).toEqual(['three', 'two', 'one']);
    expect(await models('?limit=2')).toEqual(['three', 'two']);
    expect(await models(`?since=${since + 2}`)).toEqual(['three', 'two']);
    expect(await models(`?since=${since + 9}`)).toEqual([]);
    const { sessionKey } = await world.signIn('somebody@example.com');
    expect((await list('', sessionKey)).usage).toEqual([]);
  });

  it('tells the API key that was shown', async () => {
    const as = owner.sessionKey;
    const made = await http('POST', '/api/keys', {
      as,
      body: { name: 'k', scopeType: 'account', permissions: ['write'] },
    });
    clock.advance(1_000);
    await ask('with a key', made.body.key);
    expect((await list('?limit=1')).usage).toMatchObject([{ api_key_id: made.body.id, model: 'with a key' }]);
    expect((await list('?limit=1', made.body.key)).status).toBe(200);
  });

  it.each(['?limit=0', '?limit=1001', '?limit=x', '?since=-1', '?since=1.5'])('is not listed for %s', async (query) => {
    expect((await list(query)).status).toBe(400);
  });

  it('is nobody’s without a credential', async () => {
    expect(await http('GET', '/api/usage')).toMatchObject({ status: 401, body: { error: 'Authorization required' } });
  });
});
