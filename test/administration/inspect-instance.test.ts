import { describe, expect, it } from '@jest/globals';
import { instancesOver } from '../support/instances.ts';
import { makeWorld } from '../support/world.ts';

const adminToken = 'the token of operators';

describe('looking into an instance', () => {
  it('shows operators all keys, whoever’s they are', async () => {
    const world = await makeWorld({ adminToken });
    const { http } = world;
    const { person, project } = instancesOver(world);
    const { sessionKey: as } = await person();
    const { defaultInstanceId: id } = await project(as);
    await http('PUT', `/api/instances/${id}/keys/plant`, { body: { value: { kind: 'fern' } }, as });
    const headers = { 'x-admin-token': adminToken };
    const { status, body } = await http('GET', `/admin/do/${id}`, { headers });
    expect(status).toBe(200);
    expect(body).toEqual({
      keys: {
        plant: {
          value: { kind: 'fern' },
          attributes: expect.objectContaining({ type: 'text' }),
          updatedAt: world.clock.now(),
          version: 1,
        },
      },
    });
    const missing = await http('GET', '/admin/do/nowhere', { headers });
    expect([missing.status, missing.body]).toEqual([404, { error: 'Instance not found' }]);
  });

  it('goes on where an answer ended', async () => {
    const world = await makeWorld({ adminToken });
    const { http } = world;
    const { person, project } = instancesOver(world);
    const { sessionKey: as } = await person();
    const { defaultInstanceId: id } = await project(as);
    const value = 'x'.repeat(100_000);
    const names = Array.from({ length: 40 }, (_, at) => `key-${String(at).padStart(2, '0')}`);
    for (const name of names) await http('PUT', `/api/instances/${id}/keys/${name}`, { body: { value }, as });
    const headers = { 'x-admin-token': adminToken };
    const found: string[] = [];
    let next: string | undefined;
    do {
      const { body } = await http('GET', `/admin/do/${id}${next ? `?cursor=${next}` : ''}`, { headers });
      found.push(...Object.keys(body.keys));
      next = body.next;
    } while (next);
    expect(found).toEqual(names);
  });

  it.each<[string, string | undefined, Record<string, string>]>([
    ['who show nothing', adminToken, {}],
    ['who show something else', adminToken, { 'x-admin-token': 'the token of operatorx' }],
    ['where there is no token', undefined, { 'x-admin-token': '' }],
    ['where there is no token, whatever they show', undefined, { 'x-admin-token': 'undefined' }],
  ])('shows nothing to those %s', async (_, token, headers) => {
    const { http } = await makeWorld({ adminToken: token });
    const { status, body } = await http('GET', '/admin/do/nowhere', { headers });
    expect([status, body]).toEqual([401, { error: 'Unauthorized' }]);
  });

  it('takes the token from a secret where the setting names one', async () => {
    const { http } = await makeWorld({ adminToken: 'arn:aws:secretsmanager:us-east-1:1:secret:admin' });
    const headers = { 'x-admin-token': 'the secret arn:aws:secretsmanager:us-east-1:1:secret:admin' };
    expect((await http('GET', '/admin/do/nowhere', { headers })).status).toBe(404);
  });
});
