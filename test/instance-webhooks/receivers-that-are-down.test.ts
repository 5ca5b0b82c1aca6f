import { afterAll, describe, expect, it } from '@jest/globals';
import { webhookWorld } from '../support/webhooks.ts';

const world = await webhookWorld();
afterAll(() => world.close());

const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
const minutes = 60_000;

/** A webhook whose receiver takes nothing until it is told to. */
async function down() {
  const receiver = { isDown: true };
  const askedAt: number[] = [];
  const hook = await world.hooked(() => {
    askedAt.push(world.clock.now());
    return { status: receiver.isDown ? 503 : 204 };
  });
  return {
    ...hook,
    askedAt,
    comesBack: () => {
      receiver.isDown = false;
    },
    waiting: async (key: string) => world.ports.table.query({ pk: `UNDELIVERED#${hook.webhookId}#${key}` }),
  };
}

/** Reminders come until none is left, or so long has passed. @returns how many came */
async function reminded({ forMs = Number.POSITIVE_INFINITY } = {}): Promise<number> {
  const until = world.clock.now() + forMs;
  let count = 0;
  for (; world.clock.now() < until && (await world.nextReminder()) !== undefined; count++) await world.settled();
  return count;
}

describe('a receiver that takes nothing', () => {
  it('is asked a few times, and then by one at a time, however many keys wait', async () => {
    const { set, askedAt } = await down();
    for (const key of keys) await set(key, 1);
    await world.settled();
    expect(askedAt).toHaveLength(5);
    world.clock.advance(60 * minutes);
    for (const key of keys) await set(`another ${key}`, 1);
    await world.atOnce();
    expect(askedAt).toHaveLength(6);
    await reminded();
    const pauses = askedAt.slice(6).map((at, index) => at - (askedAt[index + 5] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(5 * minutes);
    expect(pauses.length).toBeGreaterThan(keys.length);
  });

  it('is told all of it, each key in order, once it is back', async () => {
    const { set, comesBack, told, receiver } = await down();
    for (const value of [1, 2, 3]) for (const key of keys) await set(key, value);
    await world.settled();
    const before = receiver.requests.length;
    comesBack();
    await reminded();
    const taken = told().slice(before);
    for (const key of keys) {
      const values = taken.flatMap(({ body: { data } }) => (data.key === key ? [data.value] : []));
      expect([key, values]).toEqual([key, [1, 2, 3]]);
    }
    await set('now', 1);
    await world.settled();
    expect(told().at(-1)?.body.data.key).toBe('now');
  });

  it('is told in the end, wherever those who find out that it is back die', async () => {
    let isKilled = true;
    for (let ios = 0; isKilled; ios++) {
      const { set, comesBack, versions, waiting } = await down();
      const few = keys.slice(0, 8);
      for (const key of few) await set(key, 1);
      await world.settled();
      comesBack();
      isKilled = false;
      for (const _ of few) {
        await world.nextReminder();
        isKilled = (await world.dying(ios)) || isKilled;
      }
      await reminded();
      expect([ios, new Set(versions()).size]).toEqual([ios, few.length]);
      for (const key of few) expect(await waiting(key)).toEqual([]);
    }
  });

  it('is not given up on behalf of those who never had their turn', async () => {
    const { set, webhookId } = await down();
    for (const key of keys) await set(key, 1);
    await world.settled();
    await reminded({ forMs: 48 * 60 * minutes });
    const givenUp = await world.ports.table.query({ pk: `GIVENUP#${webhookId}` });
    expect(givenUp.length).toBeLessThan(keys.length);
    world.reminders.waiting.splice(0);
  });

  it('leaves nothing that waits for ever', async () => {
    const { set, waiting } = await down();
    for (const key of keys) await set(key, 1);
    await world.settled();
    await reminded();
    for (const key of keys) expect(await waiting(key)).toEqual([]);
  });
});

describe('a key that changes all the time while its receiver is down', () => {
  it('leaves a hundred changes to be told, the newest among them, and a count of the others', async () => {
    const { set, shown, waiting, comesBack, told } = await down();
    for (let value = 1; value <= 130; value++) {
      await set('hot', value);
      await world.settled({ times: value > 110 ? 2 : 1 });
    }
    expect(await waiting('hot')).toHaveLength(100);
    expect(await shown()).toMatchObject({ skipped: 30 });
    comesBack();
    await reminded();
    const values = told().map(({ body }) => body.data.value);
    expect(values.slice(-100)).toEqual([...Array.from({ length: 99 }, (_, index) => index + 1), 130]);
    await set('hot', 131);
    await world.settled();
    expect(told().at(-1)?.body.data.value).toBe(131);
  });

  it('leaves its newest change to be told, wherever whoever keeps it dies', async () => {
    const { set, waiting, shown } = await down();
    for (let value = 1; value <= 100; value++) await set('hot', value);
    await world.settled();
    let isKilled = true;
    let count = 0;
    for (let ios = 0; isKilled; ios++) {
      await set('hot', `after ${ios}`);
      isKilled = await world.dying(ios);
      count += 1;
      const rows = await waiting('hot');
      expect(rows).toHaveLength(100);
      expect(rows.at(-1)?.delivery).toContain(`after ${ios}`);
      expect(await shown()).toMatchObject({ skipped: count });
    }
    world.reminders.waiting.splice(0);
  });
});
