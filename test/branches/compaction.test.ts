import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { base64 } from '../../functions/core/base64.ts';
import { eraseLog } from '../../functions/core/channel/erase.ts';
import { readHead } from '../../functions/core/channel/log.ts';
import { listSnapshots } from '../../functions/core/channel/snapshots.ts';
import { blockOf } from '../../functions/core/keys.ts';
import type { ChannelName } from '../../functions/core/names.ts';
import type { Ports } from '../../functions/core/ports.ts';
import { work } from '../../functions/documents/jobs.ts';
import { branchWorld, newBranch, update, type Watcher } from '../support/branches.ts';
import { held } from '../support/held-ports.ts';

/** What compaction is to those who watch and write: nothing but cheaper. */
const world = await branchWorld();

function document() {
  const branch = newBranch();
  const channel: ChannelName = `branch:${JSON.stringify([branch.recordName, branch.inst, branch.branch])}`;
  return { branch, channel, compact: (as: Ports = world.ports) => work(as, { job: 'compact', channel }) };
}

const added = (branch: object, updates: readonly string[], updateId: number) => ({
  type: 'repo/add_updates',
  ...branch,
  updates,
  updateId,
});

/** So many edits of one text, and of what it says about itself, as one update each. */
function edits(count: number): string[] {
  const doc = new Y.Doc();
  const updates: string[] = [];
  doc.on('update', (bytes: Uint8Array) => void updates.push(base64(bytes)));
  for (let edit = 0; edit < count; edit++) {
    if (edit % 4 < 3) doc.getText('text').insert(edit % 7 === 0 ? 0 : doc.getText('text').length, 'x');
    else doc.getMap('about').set(`key ${edit % 5}`, edit);
  }
  return updates;
}

function docOf(updates: readonly string[]): Y.Doc {
  const doc = new Y.Doc();
  for (const one of updates) Y.applyUpdate(doc, Buffer.from(one, 'base64'));
  return doc;
}

const shown = (updates: readonly string[]) => {
  const doc = docOf(updates);
  return { text: doc.getText('text').toString(), about: doc.getMap('about').toJSON() };
};

/** A few messages at a time. */
async function write(writer: Watcher, branch: object, updates: readonly string[], perMessage: number): Promise<void> {
  const before = writer.messages('repo/updates_received').length;
  for (let at = 0; at < updates.length; at += perMessage) {
    writer.say(added(branch, updates.slice(at, at + perMessage), at));
    if ((at / perMessage) % 20 === 19) await world.settled();
  }
  await world.settled();
  const messages = Math.ceil(updates.length / perMessage);
  expect(writer.messages('repo/updates_received')).toHaveLength(before + messages);
}

/** Comes to a branch, and counts what reading it takes. */
async function lateJoin(branch: object) {
  const late = await world.anonymous();
  world.calls.length = 0;
  world.blobs.asked.length = 0;
  late.say({ type: 'repo/watch_branch', ...branch });
  await world.settled();
  const reads = world.calls.filter((call) => call.reads > 0).length;
  return { updates: late.updates(), reads, blobs: world.blobs.asked.length };
}

describe('coming late', () => {
  it('takes as many reads after 10,000 edits as after 100', async () => {
    const all = edits(10_000);
    const few = document();
    const many = document();
    const writer = await world.anonymous();
    await write(writer, few.branch, all.slice(0, 100), 50);
    await write(writer, many.branch, all, 50);
    const early = await lateJoin(few.branch);
    const late = await lateJoin(many.branch);
    expect(shown(early.updates)).toEqual(shown(all.slice(0, 100)));
    expect(shown(late.updates)).toEqual(shown(all));
    expect(late.reads).toBeLessThanOrEqual(early.reads + 1);
    expect(late.blobs).toBeLessThanOrEqual(1);
    expect((await readHead(world.ports, many.channel))?.start).toBeGreaterThanOrEqual(100);
    expect(late.updates.join('').length).toBeLessThan(all.join('').length / 2);
  });

  it('brings an update of a megabyte, which is stored once, before and after', async () => {
    const { branch, channel, compact } = document();
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'a megabyte of it '.repeat(61_681));
    const big = base64(Y.encodeStateAsUpdate(doc));
    expect(big.length).toBeGreaterThan(1_048_576);
    const [writer, watcher] = [await world.watching(branch), await world.watching(branch)];
    await write(writer, branch, [big], 1);
    expect(watcher.updates()).toEqual([big]);
    const texts = () => [...world.blobs.texts.keys()].filter((name) => name.startsWith('texts/'));
    // So much is compacted at once.
    expect(world.started.some((job) => job.job === 'compact' && job.channel === channel)).toBe(true);
    expect(texts()).toHaveLength(1);
    await write(writer, branch, [update('no update')], 1);
    await compact();
    const snapshots = await listSnapshots(world.ports, channel);
    expect(texts().toSorted()).toEqual(snapshots.map(({ kept }) => 'blob' in kept && kept.blob).toSorted());
    expect(await world.ports.table.query({ pk: blockOf(channel, 1) })).toEqual([]);
    const { updates } = await lateJoin(branch);
    expect(shown(updates.filter((one) => one !== update('no update')))).toEqual(shown([big]));
  });

  it('while the snapshot is replaced brings everything all the same', async () => {
    for (const [call, on] of [
      ['query', 'LOG#'],
      ['get', 'SNAP#'],
      ['get', 'HEAD#'],
    ] as const) {
      const { branch, compact } = document();
      const writer = await world.watching(branch);
      const all = edits(40);
      await write(writer, branch, all.slice(0, 20), 1);
      await compact();
      await write(writer, branch, all.slice(20, 30), 1);
      const late = await world.anonymous();
      const slow = held(world.ports, { call, on });
      const watch = { type: 'repo/watch_branch', ...branch };
      const watching = world.lateFrame(late, world.ports.clock.now(), watch, slow.ports);
      await Promise.race([slow.rests, watching]);
      await compact();
      await write(writer, branch, all.slice(30), 1);
      await compact();
      slow.goOn();
      await watching;
      await world.settled();
      expect(late.messages('repo/add_updates').filter(({ initial }) => initial)).toHaveLength(1);
      expect(shown(late.updates())).toEqual(shown(all));
    }
  });
});

describe('compacting', () => {
  it('holds up nobody who writes, and loses none of it, with many who compact at once', async () => {
    const { branch, channel, compact } = document();
    const writers = await Promise.all(Array.from({ length: 4 }, () => world.anonymous()));
    const all = edits(240);
    for (let round = 0; round < 4; round++) {
      for (const [index, one] of all.slice(round * 60, (round + 1) * 60).entries()) {
        writers[index % 4]?.say(added(branch, [one], round * 60 + index));
        if (index % 20 === 0) void compact();
      }
      await Promise.all([compact(), compact(), world.settled()]);
    }
    const acknowledged = writers.flatMap((writer) => writer.messages('repo/updates_received'));
    expect(acknowledged).toHaveLength(240);
    expect(shown((await lateJoin(branch)).updates)).toEqual(shown(all));
    await compact();
    expect(shown((await lateJoin(branch)).updates)).toEqual(shown(all));
    const unkept = (await listSnapshots(world.ports, channel)).filter(({ versionUntil }) => versionUntil === undefined);
    expect(unkept).toHaveLength(1);
    expect(world.failures).toEqual([]);
  });

  it('carries along what is no update, and what makes no sense, for as long as the branch lives', async () => {
    const { branch, channel, compact } = document();
    const all = edits(60);
    const strange = ['not base64!', update('no update'), '', base64(new Uint8Array([1, 200, 255, 255]))];
    const writer = await world.anonymous();
    for (let round = 0; round < 3; round++) {
      await write(writer, branch, [...all.slice(round * 20, round * 20 + 20), strange[round] ?? ''], 1);
      await write(writer, branch, strange.slice(3), 1);
      await compact();
      const { updates } = await lateJoin(branch);
      const kept = updates.filter((one) => strange.includes(one));
      expect(kept.toSorted()).toEqual([...strange.slice(0, round + 1), ...strange.slice(3)].toSorted());
      expect(shown(updates.filter((one) => !kept.includes(one)))).toEqual(shown(all.slice(0, round * 20 + 20)));
    }
    expect(await world.ports.table.query({ pk: blockOf(channel, 1) })).toEqual([]);
  });

  it.each([
    ['query', 'LOG#'],
    ['transact', 'SNAP#'],
    ['update', 'snapshot'],
    ['delete', 'LOG#'],
  ] as const)('brings nothing back of a branch that is erased meanwhile (at %s of %s)', async (call, on) => {
    const { branch, channel, compact } = document();
    const writer = await world.anonymous();
    await write(writer, branch, edits(5), 1);
    const slow = held(world.ports, { call, on });
    const compacting = compact(slow.ports);
    await slow.rests;
    const head = await readHead(world.ports, channel);
    await eraseLog(world.ports, channel, head?.of ?? '');
    slow.goOn();
    await compacting;
    expect(await listSnapshots(world.ports, channel)).toEqual([]);
    expect(await readHead(world.ports, channel)).toBeUndefined();
    const rows = await world.ports.table.query({ pk: blockOf(channel, 1) });
    expect(rows.filter(({ ttl }) => ttl === undefined)).toEqual([]);
  });
});
