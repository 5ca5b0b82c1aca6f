import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FakeClerk, startFakeClerk } from '../support/fake-clerk.ts';
import { memoryWorld } from '../support/memory.ts';

let clerk: FakeClerk;
let world: Awaited<ReturnType<typeof memoryWorld>>;
beforeAll(async () => {
  clerk = await startFakeClerk(() => world.ports.clock.now());
  world = await memoryWorld({ clerk: clerk.settings });
});
afterAll(() => clerk.close());

describe('a socket of somebody from Clerk', () => {
  it('is opened with a token, and closed when Clerk deletes them, also in an instance that is somebody else’s', async () => {
    const alice = await world.person();
    const id = await world.instanceOf(alice);
    const as = await clerk.token({ sub: 'user_1' });
    const told = clerk.told({ type: 'user.created', data: { id: 'user_1', email_addresses: [] } }, 'msg_1');
    await world.http('POST', '/webhooks/clerk', told);
    const share = { targetType: 'public', permission: 'write' };
    await world.http('POST', `/api/instances/${id}/shares`, { body: share, as: alice.sessionKey });
    const theirs = await world.connect(id, undefined, { query: { access_token: as } });
    const owner = await world.connect(id, alice);
    expect(theirs.frames()[0]).toMatchObject({ type: 'auth_success', permission: 'write' });
    const gone = clerk.told({ type: 'user.deleted', data: { id: 'user_1' } }, 'msg_2');
    expect((await world.http('POST', '/webhooks/clerk', gone)).status).toBe(200);
    await world.settled();
    expect(world.endedFor(theirs.socket)).toBe('signedOut');
    expect(world.endedFor(owner.socket)).toBeUndefined();
    await expect(world.connect(id, undefined, { query: { access_token: as } })).rejects.toMatchObject({ status: 401 });
  });
});
