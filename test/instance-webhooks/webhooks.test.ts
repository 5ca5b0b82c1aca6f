import { afterAll, describe, expect, it } from '@jest/globals';
import { webhookWorld } from '../support/webhooks.ts';

const world = await webhookWorld();
const { http, person, project, share } = world;
afterAll(() => world.close());
const url = 'https://receiver.example/hook';
const alice = (await person()).sessionKey;
const make = (id: string, body: object = { url }, as: string | undefined = alice) =>
  http('POST', `/api/instances/${id}/webhooks`, { body, as });
const list = (id: string, as = alice) => http('GET', `/api/instances/${id}/webhooks`, { as });

describe('a webhook', () => {
  it('shows its secret once', async () => {
    const { defaultInstanceId: id } = await project(alice);
    const { status, body } = await make(id);
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      url,
      events: ['key.updated'],
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      is_active: 1,
    });
    const { webhooks } = (await list(id)).body;
    expect(webhooks).toEqual([
      {
        id: body.id,
        instance_id: id,
        user_id: expect.any(String),
        url,
        events: ['key.updated'],
        is_active: 1,
        created_at: Math.floor(world.clock.now() / 1000),
        last_triggered_at: null,
        skipped: 0,
      },
    ]);
    expect((await make(id)).body.secret).not.toBe(body.secret);
  });

  it('is gone when it is deleted, and cannot be deleted twice', async () => {
    const { defaultInstanceId: id } = await project(alice);
    const { body } = await make(id);
    expect((await http('DELETE', `/api/webhooks/${body.id}`, { as: alice })).body).toEqual({ success: true });
    expect((await list(id)).body.webhooks).toEqual([]);
    const again = await http('DELETE', `/api/webhooks/${body.id}`, { as: alice });
    expect([again.status, again.body]).toEqual([404, { error: 'Webhook not found' }]);
  });

  it('is seen and made by admins of the instance, and by nobody else', async () => {
    const { defaultInstanceId: id } = await project(alice);
    const { body } = await make(id);
    const [stranger, writer, admin] = await Promise.all([person(), person(), person()]);
    await share(alice, `instances/${id}`, { targetType: 'user', targetId: writer.userId, permission: 'write' });
    await share(alice, `instances/${id}`, { targetType: 'user', targetId: admin.userId, permission: 'admin' });
    const asking = async (as: string) => [
      (await make(id, { url }, as)).status,
      (await list(id, as)).status,
      (await http('DELETE', `/api/webhooks/${body.id}`, { as })).status,
    ];
    expect(await asking(stranger.sessionKey)).toEqual([404, 404, 404]);
    expect(await asking(writer.sessionKey)).toEqual([403, 403, 404]);
    expect((await list(id)).body.webhooks).toHaveLength(1);
    expect(await asking(admin.sessionKey)).toEqual([201, 200, 200]);
  });

  it.each([
    ['http://receiver.example/', 'no https'],
    ['https://127.0.0.1/hook', 'this machine'],
    ['https://[::ffff:169.254.169.254]/latest/meta-data', 'metadata'],
    ['https://2130706433/', 'this machine in one number'],
    ['https://10.1.2.3:8443/', 'a private network'],
    ['https://user:password@receiver.example/', 'a password'],
    ['https://localhost/', 'a name of this machine'],
    ['ftp://receiver.example/', 'another protocol'],
    ['receiver', 'no URL'],
    [`https://receiver.example/${'x'.repeat(2_048)}`, 'too long'],
  ])('to %s is refused: %s', async (wrong) => {
    const { defaultInstanceId: id } = await project(alice);
    const { status, body } = await make(id, { url: wrong });
    expect([status, body]).toEqual([400, { error: expect.any(String) }]);
    expect((await list(id)).body.webhooks).toEqual([]);
  });

  it.each([[[]], [['key.read']], ['key.updated'], [[1]]])('for the events %j is refused', async (events) => {
    const { defaultInstanceId: id } = await project(alice);
    expect((await make(id, { url, events })).status).toBe(400);
  });

  it('is one of twenty at most, also when they are made at once', async () => {
    const { defaultInstanceId: id } = await project(alice);
    for (let count = 0; count < 18; count++) expect((await make(id)).status).toBe(201);
    const last = await Promise.all(Array.from({ length: 6 }, () => make(id)));
    expect(last.filter(({ status }) => status === 201).length).toBeLessThanOrEqual(2);
    expect(last.find(({ status }) => status !== 201)).toMatchObject({ status: 409, body: { code: 'LIMIT_EXCEEDED' } });
    expect((await list(id)).body.webhooks.length).toBeLessThanOrEqual(20);
  });
});
