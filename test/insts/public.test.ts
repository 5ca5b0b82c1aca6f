import { afterAll, describe, expect, it } from '@jest/globals';
import { keys } from '../../functions/core/keys.ts';
import type { Settings } from '../../functions/core/settings.ts';
import { keepInst } from '../../functions/insts/lifetime.ts';
import type { OpenInst } from '../../functions/insts/open-inst.ts';
import { startFakePrivo } from '../support/fake-privo.ts';
import { making, open, refusal } from '../support/insts.ts';
import type { World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

/** Insts that belong to no record: who may use them, and how long they live. */
const dayMs = 86_400_000;
const anonymous = new Set(['rooms', 'insts']);
const optionsIn = async ({ http }: World) =>
  (await http('POST', '/api/v3/callProcedure', { body: { procedure: 'getPublicInstOptions' } })).body;

describe('a public inst', () => {
  it('is made by whoever comes first, and once', async () => {
    const { ports } = await makeWorld({ anonymous });
    expect(await open(ports, {}, null, 'i')).toBeUndefined();
    const opened = await Promise.all(Array.from({ length: 8 }, () => open(ports, {}, null, 'i', making())));
    expect(new Set(opened.map((inst) => inst?.generation)).size).toBe(1);
    expect(opened[0]).toMatchObject({ recordName: null, inst: 'i', markers: [], updated: false });
    const everything = { actions: ['read', 'updateData', 'sendAction'] } as const;
    expect(await refusal(open(ports, {}, null, 'i', everything))).toBe('allowed');
  });

  it('is open to who is signed in, and to nobody else unless the deployment says so', async () => {
    const world = await makeWorld();
    const somebody = await world.signIn('somebody@example.com');
    expect(await refusal(open(world.ports, {}, null, 'i', making()))).toBe('not_logged_in');
    expect(await refusal(open(world.ports, { as: somebody }, null, 'i', making()))).toBe('allowed');
    expect(await refusal(open(world.ports, {}, null, 'i'))).toBe('not_logged_in');
  });

  it('is closed to everybody where the deployment has none', async () => {
    const world = await makeWorld({ anonymous, publicInsts: false });
    const somebody = await world.signIn('somebody@example.com');
    expect(await refusal(open(world.ports, { as: somebody }, null, 'i', making()))).toBe('not_authorized');
    expect(await optionsIn(world)).toMatchObject({ success: false, errorCode: 'not_supported' });
  });
});

describe('where children may come', () => {
  const privo = startFakePrivo(() => Date.parse('2026-11-20T21:00:00Z'));
  afterAll(async () => (await privo).close());

  it('a public inst is closed to those of whom nothing is known, and the reason says why', async () => {
    const world = await makeWorld({ anonymous, privo: (await privo).settings });
    const somebody = await world.signIn('somebody@example.com');
    for (const as of [undefined, somebody]) {
      await expect(open(world.ports, { as }, null, 'i', making())).rejects.toMatchObject({
        code: 'not_authorized',
        details: {
          reason: {
            type: 'disabled_privacy_feature',
            privacyFeature: 'allowPublicInsts',
            recordName: null,
            resourceKind: 'inst',
            resourceId: 'i',
            action: 'read',
            subjectType: 'user',
            subjectId: as?.userId ?? null,
          },
        },
      });
    }
  });
});

/** A world with one public inst. */
async function lasting(publicInsts: Settings['publicInsts'] | undefined) {
  const world = await makeWorld({ anonymous, ...(publicInsts === undefined ? {} : { publicInsts }) });
  const { ports, clock } = world;
  const find = () => open(ports, {}, null, 'i');
  const made = async () => {
    const inst = await open(ports, {}, null, 'i', making());
    if (!inst) throw new Error('it was to be made');
    return inst;
  };
  const update = async () => {
    const inst = await made();
    expect(await keepInst(ports, inst)).toBe(true);
    return inst;
  };
  const row = () => ports.table.get(keys.inst(null, 'i'));
  return { world, ports, clock, find, made, update, row };
}

describe('the life of a public inst', () => {
  it('ends a day after its first update, unless told otherwise', async () => {
    const { world, clock, find, made, update } = await lasting(undefined);
    expect(await optionsIn(world)).toEqual({ success: true, lifetimeSeconds: 86_400, expireMode: 'NX' });
    const { generation } = await made();
    clock.advance(dayMs / 2);
    await update();
    clock.advance(dayMs / 2);
    await update();
    clock.advance(dayMs / 2 - 1);
    expect(await find()).toMatchObject({ generation, updated: true });
    clock.advance(1);
    expect(await find()).toBeUndefined();
    expect((await made()).generation).not.toBe(generation);
  });

  it.each([null, 'XX', 'GT'] as const)('is counted from the last update in mode %s', async (expireMode) => {
    const { world, clock, find, made, update } = await lasting({ lifetimeSeconds: 100, expireMode });
    expect(await optionsIn(world)).toEqual({ success: true, lifetimeSeconds: 100, expireMode });
    const { generation } = await made();
    for (let updates = 0; updates < 5; updates++) {
      clock.advance(90_000);
      await update();
    }
    clock.advance(99_999);
    expect(await find()).toMatchObject({ generation });
    clock.advance(1);
    expect(await find()).toBeUndefined();
  });

  it('ends as soon for one that nobody ever updates', async () => {
    const { clock, find, made } = await lasting(undefined);
    await made();
    clock.advance(dayMs - 1);
    expect(await find()).toBeDefined();
    clock.advance(1);
    expect(await find()).toBeUndefined();
  });

  it('has no end where the deployment says so', async () => {
    const { world, clock, find, update, row } = await lasting(null);
    expect(await optionsIn(world)).toEqual({ success: true, lifetimeSeconds: null, expireMode: null });
    const { generation } = await update();
    clock.advance(100 * 365 * dayMs);
    expect(await find()).toMatchObject({ generation, expiresAt: null });
    expect(await row()).not.toHaveProperty('ttl');
  });

  it('begins anew once for however many come when it is over', async () => {
    const { ports, clock, made, update } = await lasting(undefined);
    const { generation } = await update();
    clock.advance(dayMs);
    const opened = await Promise.all(Array.from({ length: 8 }, () => open(ports, {}, null, 'i', making())));
    const generations = new Set(opened.map((inst) => inst?.generation));
    expect([generations.size, generations.has(generation)]).toEqual([1, false]);
    expect(await ports.table.get(keys.erasure(generation))).toMatchObject({ derives: 'cleaning' });
    expect(generations.has((await made()).generation)).toBe(true);
  });

  it('is over at once for a connection that has been let in lately, too', async () => {
    const { ports, clock, update } = await lasting({ lifetimeSeconds: 10, expireMode: 'NX' });
    const { generation } = await update();
    const wish = { actions: ['updateData'], create: {} } as const;
    const write = () => open(ports, { socket: 's' }, null, 'i', wish);
    clock.advance(9_000);
    expect(await write()).toMatchObject({ generation });
    clock.advance(1_000);
    expect((await write())?.generation).not.toBe(generation);
  });

  it('leaves a row that DynamoDB sweeps, and its readers hear of', async () => {
    const { clock, update, row } = await lasting(undefined);
    const { expiresAt } = await update().then(async () => (await row()) as unknown as OpenInst);
    expect(expiresAt).toBe(clock.now() + dayMs);
    expect(await row()).toMatchObject({ ttl: (clock.now() + dayMs) / 1000 + 3600, derives: 'cleaning' });
  });
});

describe('an update', () => {
  const writesIn = ({ calls }: World) => calls.filter(({ writes }) => writes > 0).length;

  it('puts the end off in one write, where only the first one counts, in any process', async () => {
    const { world, ports, made } = await lasting(undefined);
    const inst = await made();
    const before = writesIn(world);
    for (let updates = 0; updates < 50; updates++) await keepInst(ports, inst);
    expect(writesIn(world) - before).toBe(1);
    const { expiresAt } = (await made()) ?? {};
    const other = Object.create(ports, { table: { value: Object.create(ports.table) } });
    world.clock.advance(1_000);
    for (let updates = 0; updates < 50; updates++) expect(await keepInst(other, inst)).toBe(true);
    expect(writesIn(world) - before).toBe(2);
    expect((await made()).expiresAt).toBe(expiresAt);
  });

  it('puts it off at most once in a fiftieth of the lifetime, where the last one counts', async () => {
    const { world, ports, clock, made } = await lasting({ lifetimeSeconds: 1_000, expireMode: 'XX' });
    const inst = await made();
    const before = writesIn(world);
    for (let updates = 0; updates < 1_000; updates++) {
      await keepInst(ports, inst);
      clock.advance(1_000);
    }
    expect(writesIn(world) - before).toBe(50);
    expect(await made()).toMatchObject({ generation: inst.generation });
  });

  it('is told when the inst has gone meanwhile, and does not bring it back', async () => {
    const { ports, clock, update } = await lasting({ lifetimeSeconds: 10, expireMode: 'XX' });
    const inst = await update();
    clock.advance(10_000);
    const successor = await open(ports, {}, null, 'i', making());
    expect(await keepInst(ports, inst)).toBe(false);
    expect(await open(ports, {}, null, 'i')).toEqual(successor);
  });

  it('goes to what is there now, once it has been told so', async () => {
    const { ports, clock, update } = await lasting({ lifetimeSeconds: 10, expireMode: 'XX' });
    await update();
    const write = () => open(ports, { socket: 's' }, null, 'i', { actions: ['updateData'], create: {} });
    const before = await write();
    const key = keys.inst(null, 'i');
    // A process whose clock is ahead takes it for expired.
    await ports.table.put({ ...(await ports.table.get(key)), ...key, generation: 'the next one' });
    expect(await write()).toEqual(before);
    clock.advance(1_000);
    expect(before && (await keepInst(ports, before))).toBe(false);
    expect(await write()).toMatchObject({ generation: 'the next one' });
  });

  it('of an inst in a record keeps nothing', async () => {
    const world = await makeWorld();
    const owner = await world.signIn('owner@example.com');
    const inst = await open(world.ports, { as: owner }, owner.userId, 'i', making());
    const before = world.calls.length;
    expect(inst && (await keepInst(world.ports, inst))).toBe(true);
    expect(world.calls.length).toBe(before);
  });
});
