import { describe, expect, it } from '@jest/globals';
import { branded } from '../../functions/core/branded.ts';
import { write } from '../../functions/core/channel/document.ts';
import { readHead } from '../../functions/core/channel/log.ts';
import { blockOf, branchesOf, keys } from '../../functions/core/keys.ts';
import type { ChannelName, ConnectionId } from '../../functions/core/names.ts';
import type { Ports } from '../../functions/core/ports.ts';
import { noteBranch } from '../../functions/insts/branches.ts';
import type { OpenInst } from '../../functions/insts/open-inst.ts';
import { goneInsts } from '../../functions/insts/removed.ts';
import { roomChannel } from '../../functions/rooms/channel.ts';
import { httpOver } from '../support/http.ts';
import { dyingAfter, making, open } from '../support/insts.ts';
import { streamOver } from '../support/stream.ts';
import type { SignedIn } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

/** What is left of an inst that is gone: nothing, in the end, whatever dies on the way. */
const hourMs = 3600_000;

async function erasing() {
  const world = await makeWorld({ anonymous: new Set(['insts']) });
  const owner = await world.signIn('owner@example.com');
  const stream = streamOver(world.ports, [goneInsts]);
  const { ports } = stream;
  const erase = async (as: Ports = ports) =>
    (
      await httpOver(as)('DELETE', '/api/v2/records/insts', {
        body: { recordName: owner.userId, inst: 'i' },
        as: owner.sessionKey,
      })
    ).status;
  /** Both times, with what lies between them. */
  const finish = async () => {
    await stream.drain();
    world.clock.advance(2 * hourMs);
    await stream.expire();
    await stream.drain();
  };
  return { world, owner, stream, ports, clock: world.clock, erase, finish };
}

async function makeIn(ports: Ports, as: SignedIn | undefined, recordName: string | null): Promise<OpenInst> {
  const inst = await open(ports, { as }, recordName, 'i', making());
  if (!inst) throw new Error('it was to be made');
  return inst;
}

const channelNamed = (name: string): ChannelName => `branch:${name}`;

/** Writes to a branch as its capability does. */
async function update(ports: Ports, inst: OpenInst, branch: string): Promise<string> {
  const channel = channelNamed(branch);
  const wrote = await write(ports, roomChannel, channel, {
    of: inst.generation,
    from: branded<ConnectionId>('c'),
    request: 'r',
    body: '["update"]',
    mostBytes: undefined,
    note: () => noteBranch(ports, inst, channel),
  });
  return wrote.kind;
}

/** How many rows there are of a branch, and of what is noted of its inst. */
async function rowsOf({ table }: Ports, inst: OpenInst, branch: string): Promise<number[]> {
  const entries = await table.query({ pk: blockOf(channelNamed(branch), 1) });
  const noted = await table.query({ pk: branchesOf(inst.generation) });
  return [entries.length, noted.length];
}

describe('the branches of a deleted inst', () => {
  it('are erased in the background, all of them, and nothing is left in the end', async () => {
    const { owner, ports, stream, clock, erase } = await erasing();
    const inst = await makeIn(ports, owner, owner.userId);
    const names = Array.from({ length: 60 }, (_, at) => `b${at}`);
    for (const name of names) await update(ports, inst, name);
    expect(await rowsOf(ports, inst, 'b0')).toEqual([1, 60]);
    expect(await erase()).toBe(200);
    await stream.drain();
    const rest = await Promise.all(names.map(async (name) => (await rowsOf(ports, inst, name))[0]));
    expect(rest).toEqual(names.map(() => 0));
    expect(await ports.table.get(keys.erasure(inst.generation))).toMatchObject({ state: 'waiting' });
    clock.advance(2 * hourMs);
    await stream.expire();
    await stream.drain();
    expect(await rowsOf(ports, inst, 'b0')).toEqual([0, 0]);
    expect(await ports.table.get(keys.erasure(inst.generation))).toBeUndefined();
    expect(await stream.drain()).toBe(0);
  });

  it('are erased, however often the stream tells of it', async () => {
    const { owner, ports, stream, clock, erase } = await erasing();
    const inst = await makeIn(ports, owner, owner.userId);
    for (let at = 0; at < 30; at++) await update(ports, inst, `b${at}`);
    await erase();
    await stream.drain({ times: 2 });
    clock.advance(2 * hourMs);
    await stream.expire();
    await stream.drain({ times: 2 });
    expect(await rowsOf(ports, inst, 'b29')).toEqual([0, 0]);
    expect(await ports.table.get(keys.erasure(inst.generation))).toBeUndefined();
  });

  it('are left alone where an inst of the same name has them by now', async () => {
    const { owner, ports, erase, finish } = await erasing();
    const before = await makeIn(ports, owner, owner.userId);
    await update(ports, before, 'shared');
    await erase();
    const after = await makeIn(ports, owner, owner.userId);
    expect(await update(ports, after, 'shared')).toBe('foreign');
    await finish();
    expect(await update(ports, after, 'other')).toBe('written');
    await finish();
    expect(await rowsOf(ports, after, 'other')).toEqual([1, 1]);
  });

  it('are erased once more for those who were still writing when the inst went', async () => {
    const { owner, ports, stream, erase, finish } = await erasing();
    const inst = await makeIn(ports, owner, owner.userId);
    await update(ports, inst, 'b');
    await erase();
    await stream.drain();
    expect(await update(ports, inst, 'b')).toBe('written');
    expect(await rowsOf(ports, inst, 'b')).toEqual([1, 1]);
    await finish();
    expect(await rowsOf(ports, inst, 'b')).toEqual([0, 0]);
  });

  it.each([0, 1, 2, 3, 5, 8, 13, 21])(
    'are erased, where the first step dies after %i calls of the table',
    async (ios) => {
      const { owner, ports, stream, erase, finish } = await erasing();
      const inst = await makeIn(ports, owner, owner.userId);
      for (let at = 0; at < 3; at++) await update(ports, inst, `b${at}`);
      await erase();
      await stream.drain({ as: dyingAfter(ports, ios) }).catch(() => {});
      await finish();
      for (let at = 0; at < 3; at++) expect(await rowsOf(ports, inst, `b${at}`)).toEqual([0, 0]);
      expect(await ports.table.get(keys.erasure(inst.generation))).toBeUndefined();
    },
  );

  it('are erased in smaller steps where that takes long', async () => {
    const { owner, ports, stream, clock, erase, finish } = await erasing();
    const inst = await makeIn(ports, owner, owner.userId);
    for (let at = 0; at < 5; at++) await update(ports, inst, `b${at}`);
    await erase();
    const now = () => {
      clock.advance(10_000);
      return clock.now();
    };
    const slow: Ports = Object.create(ports, { clock: { value: { ...clock, now } } });
    expect(await stream.drain({ as: slow })).toBeGreaterThan(5);
    for (let at = 0; at < 5; at++) expect(await rowsOf(ports, inst, `b${at}`)).toEqual([0, 5]);
    await finish();
    expect(await rowsOf(ports, inst, 'b0')).toEqual([0, 0]);
  });

  it('are erased a while later, where the stream has given up on a step', async () => {
    const { owner, ports, stream, clock, erase, finish } = await erasing();
    const inst = await makeIn(ports, owner, owner.userId);
    await update(ports, inst, 'b');
    await erase();
    const deaf = dyingAfter(ports, 0);
    await stream.drain({ as: deaf }).catch(() => {});
    await stream.drop();
    clock.advance(2 * hourMs);
    await stream.expire();
    await finish();
    expect(await rowsOf(ports, inst, 'b')).toEqual([0, 0]);
  });
});

describe('the branches of a public inst', () => {
  it('are erased when its time is up and DynamoDB sweeps it', async () => {
    const { ports, stream, clock, finish } = await erasing();
    const inst = await makeIn(ports, undefined, null);
    await update(ports, inst, 'b');
    clock.advance(26 * hourMs);
    await stream.expire();
    expect(await ports.table.get(keys.inst(null, 'i'))).toBeUndefined();
    await finish();
    expect(await rowsOf(ports, inst, 'b')).toEqual([0, 0]);
  });

  it('are erased when somebody comes before that and makes it anew', async () => {
    const { ports, clock, finish } = await erasing();
    const inst = await makeIn(ports, undefined, null);
    await update(ports, inst, 'b');
    clock.advance(24 * hourMs);
    const successor = await makeIn(ports, undefined, null);
    await update(ports, successor, 'other');
    await finish();
    expect(await rowsOf(ports, inst, 'b')).toEqual([0, 0]);
    expect(await rowsOf(ports, successor, 'other')).toEqual([1, 1]);
  });
});

describe('noting a branch', () => {
  it('costs nothing where it has been done, and one read in another process', async () => {
    const { world, owner, ports } = await erasing();
    const inst = await makeIn(ports, owner, owner.userId);
    expect(await noteBranch(world.ports, inst, channelNamed('b'))).toBe(true);
    const before = world.calls.length;
    expect(await noteBranch(world.ports, inst, channelNamed('b'))).toBe(true);
    expect(world.calls.length - before).toBe(0);
    const other: Ports = Object.create(world.ports, { table: { value: Object.create(world.ports.table) } });
    expect(await noteBranch(other, inst, channelNamed('b'))).toBe(true);
    expect(world.calls.length - before).toBe(1);
  });

  it('is refused, and leaves nothing, where the inst has gone or is another by now', async () => {
    const { owner, ports, erase } = await erasing();
    const inst = await makeIn(ports, owner, owner.userId);
    await erase();
    expect(await noteBranch(ports, inst, channelNamed('b'))).toBe(false);
    await makeIn(ports, owner, owner.userId);
    expect(await noteBranch(ports, inst, channelNamed('b'))).toBe(false);
    expect(await rowsOf(ports, inst, 'b')).toEqual([0, 0]);
  });

  it('leaves the stream alone while the inst lives', async () => {
    const { owner, ports, stream } = await erasing();
    const inst = await makeIn(ports, owner, owner.userId);
    await update(ports, inst, 'b');
    expect(await stream.drain()).toBe(0);
    expect(await readHead(ports, channelNamed('b'))).toMatchObject({ of: inst.generation, sequence: 1 });
  });
});
