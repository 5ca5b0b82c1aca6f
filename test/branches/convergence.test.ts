import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { base64 } from '../../functions/core/base64.ts';
import { compactFrom } from '../../functions/core/channel/compaction.ts';
import { readHead } from '../../functions/core/channel/log.ts';
import { listSnapshots } from '../../functions/core/channel/snapshots.ts';
import { blockOf } from '../../functions/core/keys.ts';
import type { ChannelName } from '../../functions/core/names.ts';
import { work } from '../../functions/documents/jobs.ts';
import { arbitrary } from '../support/arbitrary.ts';
import { type BranchEditor, branchEditor } from '../support/branch-editor.ts';
import { branchWorld, newBranch } from '../support/branches.ts';
import { untilKilled } from '../support/mortal-ports.ts';
import { stateOf } from '../support/random-documents.ts';
import { seeds } from '../support/seeds.ts';

/**
 * Documents that many edit at once, over sockets that come and go, with frames in any order and twice, compacted anywhere,
 * by compactors that die, through handlers that die: in the end everybody has the same, and all that was acknowledged.
 */
const world = await branchWorld();

interface Crowd {
  readonly people: number;
  readonly steps: number;
}

function crowd(seed: number, { people, steps }: Crowd) {
  const any = arbitrary(seed);
  const branch = newBranch();
  const channel: ChannelName = `branch:${JSON.stringify([branch.recordName, branch.inst, branch.branch])}`;
  const job = { job: 'compact', channel } as const;
  const editors = Array.from({ length: people }, (_, index) => branchEditor(world, any, branch, `${seed}.${index}`));

  async function something(editor: BranchEditor): Promise<void> {
    const lot = any.integer(100);
    if (lot < 60) editor.edit();
    else if (lot < 85) editor.hear('anyhow');
    else if (lot < 90) editor.go(any.oneOf(['close', 'vanish']));
    else if (!editor.isOnline()) await editor.come();
  }

  async function trouble(): Promise<void> {
    const lot = any.integer(24);
    if (lot === 0) world.killNextAfter(any.integer(14));
    else if (lot === 1) world.deliverTimes(1 + any.integer(2));
    else if (lot === 2) world.advance(any.oneOf([100, 6_000, 61_000]));
    else if (lot === 3) await work(world.ports, job);
    else if (lot === 4) await untilKilled(world.ports, any.integer(30), (mine) => work(mine, job));
    else if (lot < 12) await world.settled();
  }

  return {
    branch,
    channel,
    editors,
    compact: () => work(world.ports, job),
    async happen() {
      for (const editor of editors) await editor.come();
      for (let step = 0; step < steps; step++) {
        await something(any.oneOf(editors));
        await trouble();
      }
      world.killNextAfter(Number.POSITIVE_INFINITY);
      world.deliverTimes(1);
    },
    /** Everybody comes back, and stays until all is said. */
    async rest() {
      await world.settled();
      for (const editor of editors) {
        editor.go('close');
        await editor.come();
      }
      for (let round = 0; round < 5; round++) {
        await world.settled();
        for (const editor of editors) editor.hear('all');
      }
    },
  };
}

/** All that there is to a replica. */
const replica = (doc: Y.Doc) => ({
  state: stateOf(doc),
  vector: [...Y.decodeStateVector(Y.encodeStateVector(doc))].toSorted(([a], [b]) => a - b),
  deleted: [...Y.snapshot(doc).ds.clients].toSorted(([a], [b]) => a - b),
  pending: doc.store.pendingStructs,
});

/** What is stored of a document, in bytes, and in how many rows. */
async function storedOf(channel: ChannelName) {
  const rows = await world.ports.table.query({ pk: blockOf(channel, 1) });
  const snapshots = await listSnapshots(world.ports, channel);
  const head = await readHead(world.ports, channel);
  const current = snapshots.find(({ name }) => name === head?.snapshot);
  const entries = rows.filter(({ sealed }) => sealed !== true);
  const bytes = entries.reduce((sum, { body }) => sum + String(body).length, current?.bytes ?? 0);
  return {
    rows: entries.length,
    bytes,
    stale: entries.filter(({ sequence }) => Number(sequence) <= (head?.start ?? 0)).length,
    strays: snapshots.filter(({ name, versionUntil }) => name !== head?.snapshot && versionUntil === undefined).length,
  };
}

const crowds: readonly (Crowd & { readonly runs: number })[] = [
  { people: 2, steps: 400, runs: 2 },
  { people: 20, steps: 450, runs: 1 },
];

describe.each(crowds)('$people people in one branch', ({ runs, ...size }) => {
  it.each(seeds(runs))(
    'all end with the same document, and so does who comes last, with all that was acknowledged (seed %i)',
    async (seed) => {
      const { branch, channel, editors, happen, rest, compact } = crowd(seed, size);
      await happen();
      await rest();
      const [first] = editors;
      if (!first) throw new Error('there is somebody');
      expect(editors.map(({ waiting }) => waiting)).toEqual(editors.map(() => 0));
      expect(editors.flatMap(({ refusals }) => refusals)).toEqual([]);
      for (const { doc } of editors) expect(replica(doc)).toEqual(replica(first.doc));

      const acknowledged = editors.flatMap((editor) => editor.acknowledged);
      const readers = [await world.watching(branch)];
      world.advance(61_000);
      await compact();
      readers.push(await world.watching(branch));
      for (const reader of readers) {
        const doc = new Y.Doc();
        for (const update of reader.updates()) Y.applyUpdate(doc, Buffer.from(update, 'base64'));
        expect(replica(doc)).toEqual(replica(first.doc));
        for (const update of acknowledged) {
          const before = Y.encodeStateVector(doc);
          Y.applyUpdate(doc, Buffer.from(update, 'base64'));
          expect(Y.encodeStateVector(doc)).toEqual(before);
        }
        expect(replica(doc)).toEqual(replica(first.doc));
      }

      // With what was deleted, which is kept.
      const whole = new Y.Doc({ gc: false });
      for (const update of acknowledged) Y.applyUpdate(whole, Buffer.from(update, 'base64'));
      const merged = base64(Y.encodeStateAsUpdate(whole)).length;
      const stored = await storedOf(channel);
      expect(stored).toMatchObject({ rows: 0, stale: 0, strays: 0 });
      expect(stored.bytes).toBeLessThan(1.05 * merged + 100);
      expect([...world.failures, ...world.dead]).toEqual([]);
    },
  );
});

describe('a branch that is edited on and on', () => {
  it('is compacted by and by without anybody asking, and never grows longer than that', async () => {
    const any = arbitrary(7);
    const { channel, editors, rest } = crowd(7, { people: 3, steps: 0 });
    for (const editor of editors) await editor.come();
    const lengths: number[] = [];
    for (let edits = 0; edits < 450; edits++) {
      const editor = any.oneOf(editors);
      editor.edit();
      editor.hear('anyhow');
      if (edits % 50 < 49) continue;
      await rest();
      lengths.push((await storedOf(channel)).rows);
    }
    expect(Math.max(...lengths)).toBeLessThan(2 * compactFrom.entries);
    expect((await readHead(world.ports, channel))?.start).toBeGreaterThan(200);
    expect(world.started.filter((job) => job.job === 'compact' && job.channel === channel).length).toBeLessThan(12);
  });
});
