import { describe, expect, it } from '@jest/globals';
import { memoryWorld } from '../support/memory.ts';

describe('while somebody develops', () => {
  it('a socket that shows nothing is that of an admin, of any instance', async () => {
    const world = await memoryWorld({ environment: 'development' });
    const alice = await world.person();
    const id = await world.instanceOf(alice);
    const developer = await world.connect(id);
    expect(developer.frames()[0]).toEqual({
      type: 'auth_success',
      instanceId: id,
      userId: 'dev-user',
      permission: 'admin',
    });
    developer.send('set', { key: 'plant', value: 'fern' });
    developer.send('clear');
    await world.settled();
    expect(developer.frames().map(({ type }) => type)).toEqual(['auth_success', 'sync', 'key_updated', 'cleared']);
    expect((await world.http('GET', `/api/instances/${id}/keys`)).status).toBe(404);
  });

  it('a socket may still say whose it is, and one that shows what does not hold is refused', async () => {
    const world = await memoryWorld({ environment: 'development' });
    const alice = await world.person();
    const id = await world.instanceOf(alice);
    const own = await world.connect(id, alice);
    expect(own.frames()[0]?.userId).toBe(alice.userId);
    const wrong = world.open({ path: `/sync/${id}`, query: { apiKey: 'mc_live_00000000000000000000000000000000' } });
    await expect(wrong).rejects.toThrow('401');
  });
});
