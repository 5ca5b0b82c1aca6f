import { branchChannel } from '../../functions/branches/channel.ts';
import { branded } from '../../functions/core/branded.ts';
import { compact } from '../../functions/core/channel/compaction.ts';
import { startOver, write } from '../../functions/core/channel/document.ts';
import { entriesOf, readKept } from '../../functions/core/channel/kept.ts';
import { readHead } from '../../functions/core/channel/log.ts';
import { listSnapshots } from '../../functions/core/channel/snapshots.ts';
import { sweepLog } from '../../functions/core/channel/sweep.ts';
import { blockOf, keys } from '../../functions/core/keys.ts';
import type { ChannelName, ConnectionId } from '../../functions/core/names.ts';
import type { Ports } from '../../functions/core/ports.ts';
import type { Arbitrary } from './arbitrary.ts';
import { interleaving } from './interleaving.ts';
import { makeWorld } from './world.ts';

/** What a reader saw, to be judged once everything is known. */
interface Reading {
  readonly epoch: string;
  readonly texts: ReadonlySet<string>;
  /** What had been acknowledged in that life before the reading began. */
  readonly before: readonly string[];
}

/** Where a reader stopped. */
interface Place {
  readonly epoch: string;
  readonly reached: number;
  readonly texts: ReadonlySet<string>;
}

const channel: ChannelName = 'branch:one';
/** Longer than a lease, and than a writer may take to write the entry of its number. */
const longMs = 10 * 60_000;
/** In one of so many runs, entries are too large for an item. */
const largeRuns = 6;
const large = 'x'.repeat(351_000);

const bodiesIn = (body: string): string[] => JSON.parse(body) as string[];
/** Merges like a merge of updates: it loses nothing and keeps no duplicates. */
const merge = (bodies: readonly string[]) => JSON.stringify([...new Set(bodies.flatMap(bodiesIn))]);
/** Texts without their padding. */
const namesIn = (bodies: readonly string[]) =>
  new Set(bodies.flatMap(bodiesIn).map((text) => text.split(' ', 1)[0] ?? ''));

/** Ids differ from their first digit on, like real ones. */
const digits = (any: Arbitrary, length: number) => Array.from({ length }, () => any.integer(16).toString(16)).join('');

/** A document's lives, one after the other, and a record of them from outside. */
export async function lives(any: Arbitrary) {
  const { ports, clock, blobs, log } = await makeWorld({ branchVersions: { everyMs: 60_000, keepMs: 3_600_000 } });
  const base: Ports = {
    ...ports,
    ids: { ...ports.ids, uuid: () => [8, 4, 4, 4, 12].map((length) => digits(any, length)).join('-') },
  };
  const { begin, finish } = interleaving(base, any);
  const isLarge = any.integer(largeRuns) === 0;
  /** By text: the life in which it was acknowledged. */
  const acknowledged = new Map<string, string>();
  const written = new Set<string>();
  const readings: Reading[] = [];
  let place: Place | undefined;
  let owner = 'owner 1';
  let count = 0;

  async function add(ports: Ports): Promise<void> {
    const name = `text-${++count}`;
    written.add(name);
    const wrote = await write(ports, branchChannel, channel, {
      of: owner,
      from: branded<ConnectionId>('writer'),
      request: name,
      body: JSON.stringify([isLarge && any.integer(3) === 0 ? `${name} ${large}` : name]),
      mostBytes: undefined,
      note: async () => true,
    });
    if (wrote.kind === 'written') acknowledged.set(name, wrote.entry.epoch);
  }

  /** @param after continues where another reader stopped */
  async function read(ports: Ports, after?: Place): Promise<void> {
    const known = [...acknowledged];
    const head = await readHead(ports, channel);
    if (head?.of === undefined) return;
    const isSame = after?.epoch === head.epoch;
    const kept = await readKept(ports, channel, head, isSame ? after.reached : undefined);
    const { epoch } = kept.head;
    if (isSame && epoch !== after.epoch) return;
    const texts = new Set([...(isSame ? after.texts : []), ...namesIn(entriesOf(kept).map(({ body }) => body))]);
    readings.push({ epoch, texts, before: known.flatMap(([name, of]) => (of === epoch ? [name] : [])) });
    place = { epoch, reached: kept.reached, texts };
  }

  async function empty(ports: Ports): Promise<void> {
    const head = await readHead(ports, channel);
    if (!head) return;
    if (any.integer(2) === 0) owner = `owner ${++count}`;
    await startOver(ports, channel, head, owner);
  }

  async function something(ports: Ports): Promise<void> {
    const lot = any.integer(100);
    if (lot < 45) await add(ports);
    else if (lot < 57) await read(ports);
    else if (lot < 64) await read(ports, place);
    else if (lot < 77) await compact(ports, channel, merge);
    else if (lot < 85) await empty(ports);
    else if (lot < 95) await sweepLog(ports, channel);
    else clock.advance(any.oneOf([100, 6_000, 61_000, longMs]));
  }

  return {
    /** Runs up to eight processes at a time, each with several steps one after the other. */
    async happen() {
      for (let round = 0; round < 3; round++) {
        for (let process = 0; process < 2 + any.integer(7); process++) {
          const deeds = 1 + any.integer(5);
          const run = async (ports: Ports) => {
            for (let deed = 0; deed < deeds; deed++) await something(ports);
          };
          begin(run, any.integer(4) === 0 ? any.integer(25) : undefined);
        }
        await finish();
      }
    },

    /** What readers should not have seen, or should have seen. */
    faults(): string[] {
      return readings.flatMap(({ epoch, texts, before }, index) => [
        ...before.filter((name) => !texts.has(name)).map((name) => `reading ${index} lacks ${name}`),
        ...[...texts].filter((name) => !written.has(name)).map((name) => `reading ${index} has ${name} of nobody`),
        ...[...texts]
          .filter((name) => (acknowledged.get(name) ?? epoch) !== epoch)
          .map((name) => `reading ${index} has ${name} of another life`),
      ]);
    },

    /**
     * What remains when all processes have ended, all leases have expired, and one more compaction and sweep have run.
     */
    async afterwards() {
      clock.advance(longMs);
      owner = (await readHead(base, channel))?.of ?? owner;
      await add(base);
      clock.advance(longMs);
      await compact(base, channel, merge);
      clock.advance(longMs);
      await sweepLog(base, channel);
      const head = await readHead(base, channel);
      const kept = head?.of === undefined ? undefined : await readKept(base, channel, head);
      const texts = namesIn(kept ? entriesOf(kept).map(({ body }) => body) : []);
      const own = [...acknowledged].flatMap(([name, epoch]) => (epoch === head?.epoch ? [name] : []));
      const rows = await base.table.query({ pk: blockOf(channel, 1) });
      const snapshots = await listSnapshots(base, channel);
      const names = [...blobs.texts.keys()];
      const loose = await Promise.all(names.map((name) => base.table.get(keys.looseBlob(name))));
      const referred = new Set(snapshots.flatMap(({ kept: text }) => ('blob' in text ? [text.blob] : [])));
      const bytes = snapshots.find(({ name }) => name === head?.snapshot)?.bytes ?? 0;
      return {
        missing: own.filter((name) => !texts.has(name)),
        foreign: [...texts].filter((name) => (acknowledged.get(name) ?? head?.epoch) !== head?.epoch),
        rows: rows.filter(({ ttl }) => ttl === undefined).map(({ sk }) => sk),
        strays: snapshots.filter(({ name, versionUntil }) => name !== head?.snapshot && versionUntil === undefined),
        lost: names.filter((name, index) => !loose[index] && !referred.has(name)),
        size: (head?.size ?? 0) === bytes ? 'as kept' : `${head?.size} for ${bytes}`,
        errors: log.errors,
      };
    },
  };
}
