import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fanOutJobs } from '../support/fan-out-jobs.ts';
import type { Reaction } from '../support/service.ts';
import { webhookWorld } from '../support/webhooks.ts';

let world: Awaited<ReturnType<typeof webhookWorld>>;
beforeAll(async () => {
  world = await webhookWorld();
});
afterAll(() => world.close());

const hooked: typeof world.hooked = (...given) => world.hooked(...given);

describe('a webhook is told', () => {
  it('of keys that are set and deleted, and when all are cleared, signed', async () => {
    const { id, owner, receiver, set, drop, clear, told, shown } = await hooked(undefined, { path: '/hook?a=b' });
    await set('a plant', { kind: 'fern', "it's": 'grün 🎈' }, { attributes: { zIndex: 2 } });
    await drop('a plant');
    await clear();
    await world.settled();
    const at = new Date(world.clock.now()).toISOString();
    const { userId: updatedBy } = owner;
    expect(told().map(({ body }) => body)).toEqual([
      {
        type: 'key.updated',
        timestamp: at,
        data: {
          instanceId: id,
          key: 'a plant',
          value: { kind: 'fern', "it's": 'grün 🎈' },
          attributes: expect.objectContaining({ type: 'text', zIndex: 2 }),
          version: 1,
          updatedBy,
        },
      },
      { type: 'key.deleted', timestamp: at, data: { instanceId: id, key: 'a plant', version: 2, updatedBy } },
      { type: 'instance.cleared', timestamp: at, data: { instanceId: id, version: 3, updatedBy } },
    ]);
    expect(receiver.requests[0]).toMatchObject({ method: 'POST', url: '/hook?a=b' });
    expect(receiver.requests[0]?.headers['content-type']).toBe('application/json');
    expect((await shown()).last_triggered_at).toBe(Math.floor(world.clock.now() / 1000));
  });

  it('of what it wants to hear of, and of nothing else', async () => {
    const { set, drop, told } = await hooked(undefined, { events: ['key.deleted'] });
    await set('a', 1);
    await drop('a');
    await world.settled();
    expect(told().map(({ body: { type } }) => type)).toEqual(['key.deleted']);
  });

  it('nothing of what changes nothing, of other instances, and of what happened before', async () => {
    const other = await hooked();
    const owner = await world.person();
    const { defaultInstanceId: id } = await world.project(owner.sessionKey);
    const put = (value: number) =>
      world.http('PUT', `/api/instances/${id}/keys/a`, { body: { value }, as: owner.sessionKey });
    await put(1);
    const receiver = await world.receiver();
    const body = { url: `${receiver.endpoint.origin}/` };
    await world.http('POST', `/api/instances/${id}/webhooks`, { body, as: owner.sessionKey });
    await put(1);
    await world.settled();
    expect(receiver.requests).toHaveLength(0);
    await put(2);
    await world.settled();
    expect(receiver.requests).toHaveLength(1);
    expect(other.receiver.requests).toHaveLength(0);
  });

  it('of a large value by its address', async () => {
    const { set, told } = await hooked();
    const value = 'x'.repeat(200_000);
    await set('big', value);
    await world.settled();
    const [{ body } = { body: undefined }] = told();
    expect(body.data.value).toBeUndefined();
    expect(body.data.valueRef).toEqual({
      url: expect.stringContaining('https://'),
      size: 200_002,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      expiresAt: expect.any(Number),
    });
  });

  it('under one id, however often the stream and the queue deliver', async () => {
    const { set, told } = await hooked();
    await set('a', 1);
    await world.settled({ times: 3 });
    expect(told().length).toBeGreaterThan(1);
    expect(new Set(told().map(({ id }) => id)).size).toBe(1);
    await set('a', 2);
    await world.settled();
    expect(new Set(told().map(({ id }) => id)).size).toBe(2);
  });

  it('of each key in order', async () => {
    const { set, versions } = await hooked();
    for (let value = 0; value < 10; value++) await set('a', value);
    await world.settled();
    expect(versions()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('nothing more once it is deleted, whatever had happened before', async () => {
    const { set, receiver, owner, webhookId } = await hooked();
    await set('a', 1);
    await world.http('DELETE', `/api/webhooks/${webhookId}`, { as: owner.sessionKey });
    await set('a', 2);
    await world.settled();
    expect(receiver.requests).toHaveLength(0);
  });

  it('nothing that whoever wanted it may not read any more', async () => {
    const { id, owner, set } = await hooked();
    const admin = await world.person();
    const target = { targetType: 'user', targetId: admin.userId, permission: 'admin' };
    const { id: shareId } = await world.share(owner.sessionKey, `instances/${id}`, target);
    const theirs = await world.receiver();
    const body = { url: `${theirs.endpoint.origin}/` };
    await world.http('POST', `/api/instances/${id}/webhooks`, { body, as: admin.sessionKey });
    await set('a', 1);
    await world.settled();
    expect(theirs.requests).toHaveLength(1);
    await set('a', 2);
    await world.http('DELETE', `/api/shares/${shareId}`, { as: owner.sessionKey });
    await set('a', 3);
    await world.settled();
    expect(theirs.requests).toHaveLength(1);
  });

  it('nothing of an instance that is deleted, and goes with it', async () => {
    const { id, owner, set, receiver, webhookId } = await hooked();
    await set('a', 1);
    await world.http('DELETE', `/api/instances/${id}`, { as: owner.sessionKey });
    await world.settled();
    expect(receiver.requests).toHaveLength(0);
    await fanOutJobs(world);
    expect(await world.ports.table.get({ pk: `WEBHOOKID#${webhookId}`, sk: 'WEBHOOKID' })).toBeUndefined();
  });
});

describe('a webhook that cannot be told', () => {
  const failing = (times: number) => (_: unknown, count: number) => ({ status: count < times ? 500 : 200 });

  it('is told again, later and later, until it takes it', async () => {
    const { set, told, shown } = await hooked(failing(4));
    await set('a', 1);
    await world.settled();
    const pauses: number[] = [];
    for (let pause = await world.nextReminder(); pause !== undefined; pause = await world.nextReminder()) {
      pauses.push(Math.round(pause / 1_000));
      await world.settled();
    }
    expect(told()).toHaveLength(5);
    expect(new Set(told().map(({ id }) => id)).size).toBe(1);
    [5, 300, 1_800, 7_200].forEach((seconds, at) => {
      expect(pauses[at]).toBeGreaterThanOrEqual(seconds);
      expect(pauses[at]).toBeLessThanOrEqual(seconds * 1.1);
    });
    expect(pauses).toHaveLength(4);
    expect(await shown()).toMatchObject({ is_active: 1 });
  });

  it.each<[string, Reaction]>([
    ['breaks off', 'drop'],
    ['redirects', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
    ['refuses', { status: 403 }],
  ])('is told again when the receiver %s', async (_, reaction) => {
    const { set, receiver } = await hooked((__, count) => (count === 0 ? reaction : { status: 200 }));
    await set('a', 1);
    await world.settled();
    expect(receiver.requests).toHaveLength(1);
    await world.nextReminder();
    await world.settled();
    expect(receiver.requests).toHaveLength(2);
    expect(await world.nextReminder()).toBeUndefined();
  });

  it('hears of one key in order all the same, and of others at once', async () => {
    let isDown = true;
    const { set, versions, told } = await hooked(({ body }) => ({
      status: isDown && body.toString().includes('"key":"a"') ? 503 : 200,
    }));
    await set('a', 1);
    await set('b', 1);
    await set('a', 2);
    await set('a', 3);
    await world.settled();
    expect(versions()).toEqual([1, 2]);
    isDown = false;
    await set('a', 4);
    await world.settled();
    expect(versions()).toEqual([1, 2]);
    await world.nextReminder();
    await world.settled();
    expect(versions()).toEqual([1, 2, 1, 3, 4, 5]);
    expect(told().at(-1)?.body.data.value).toBe(4);
    expect(await world.nextReminder()).toBeUndefined();
    await set('a', 5);
    await world.settled();
    expect(versions().at(-1)).toBe(6);
  });

  it('is given up after a day, and what comes then is told', async () => {
    const { set, versions, webhookId } = await hooked(failing(8));
    await set('a', 1);
    await world.settled();
    const start = world.clock.now();
    for (let pause = await world.nextReminder(); pause !== undefined; pause = await world.nextReminder()) {
      await world.settled();
    }
    expect(versions()).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(world.clock.now() - start).toBeGreaterThan(24 * 3_600_000);
    const kept = await world.ports.table.query({ pk: `GIVENUP#${webhookId}` });
    expect(kept).toMatchObject([{ attempts: 7, delivery: expect.stringContaining('"version":1') }]);
    // It is left alone for some minutes after it has failed.
    world.clock.advance(5 * 60_000);
    await set('a', 2);
    await world.settled();
    expect(versions().at(-1)).toBe(2);
  });

  it('is told nothing more after five days, or when it says that it is gone', async () => {
    const dead = await hooked(() => ({ status: 500 }));
    await dead.set('a', 1);
    await world.settled();
    world.clock.advance(5 * 86_400_000 + 1);
    await dead.set('b', 1);
    await world.settled();
    expect(await dead.shown()).toMatchObject({ is_active: 0 });
    await dead.set('c', 1);
    await world.settled();
    expect(dead.receiver.requests).toHaveLength(2);
    const gone = await hooked(() => ({ status: 410 }));
    await gone.set('a', 1);
    await gone.set('a', 2);
    await world.settled();
    expect(await gone.shown()).toMatchObject({ is_active: 0 });
    expect(gone.receiver.requests).toHaveLength(1);
    world.reminders.waiting.splice(0);
  });

  it('is told in the end, wherever those who tell it die', async () => {
    let isKilled = true;
    for (let ios = 0; isKilled; ios++) {
      const { set, versions } = await hooked(failing(2));
      await set('a', 1);
      await set('a', 2);
      isKilled = await world.dying(ios);
      for (let pause = await world.nextReminder(); pause !== undefined; pause = await world.nextReminder()) {
        isKilled = (await world.dying(ios)) || isKilled;
      }
      await world.settled();
      expect(versions().filter((version, at, list) => version !== list[at - 1])).toEqual([1, 2]);
    }
  });
});

describe('an address that has become private', () => {
  it('is asked for nothing', async () => {
    const { set, receiver } = await hooked();
    world.allowedHosts.delete(receiver.endpoint.host);
    await set('a', 1);
    await world.settled();
    expect(receiver.requests).toHaveLength(0);
    expect(await world.nextReminder()).toBeGreaterThan(0);
  });
});
