import { ex } from '../expression.ts';
import type { KeptText } from '../kept-text.ts';
import { adopting, keep } from '../kept-text.ts';
import { keys } from '../keys.ts';
import type { ChannelName, ConnectionId } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { ChannelSpec, Entry, Head } from './channel.ts';
import { bytesOf } from './frames.ts';
import { entryItem, headOf, newEpoch, numberIsFree } from './log.ts';
import type { Listener } from './members.ts';
import { listListeners } from './members.ts';
import type { SweepBody } from './sweep.ts';

/**
 * A channel whose log is one document: all of it counts, from the first entry on, and entries may be applied in any order
 * and more than once. So it is compacted: a snapshot stands for everything up to a number (`compaction`), and reading is the
 * snapshot with what came after it (`kept`). A document belongs to something that may be made anew under the same name:
 * then its log starts over, while those who listen stay.
 */

export interface Writing {
  /** Whose document it is, as the writer knows. */
  readonly of: string;
  readonly from: ConnectionId;
  /** The delivery that asks for it. */
  readonly request: string;
  /** JSON text. */
  readonly body: string;
  /** How many bytes may be kept in all. */
  readonly mostBytes: number | undefined;
  /** Has whom the document belongs to know of this log, before its first entry is there. False: it is gone. */
  note(): Promise<boolean>;
}

export type Wrote =
  | { readonly kind: 'written'; readonly entry: Entry; readonly head: Head; readonly listeners: readonly Listener[] }
  /** It belongs to somebody else, as far as the log knows. */
  | { readonly kind: 'foreign'; readonly head: Head }
  | { readonly kind: 'full'; readonly neededBytes: number };

/** Puts an entry into the log. It is durable when this resolves, and nobody has heard of it. */
export async function write(ports: Ports, spec: ChannelSpec, channel: ChannelName, writing: Writing): Promise<Wrote> {
  const bytes = bytesOf(writing.body);
  const kept: KeptText = await keep(ports, writing.body);
  for (;;) {
    const taken = await takeNumberOf(ports, channel, writing, bytes);
    if (!('taken' in taken)) return taken;
    const head = taken.taken;
    if (!head.noted) {
      if (!(await writing.note())) return { kind: 'foreign', head };
      await ports.table.update(keys.head(channel), ex`SET noted = ${true}`, { when: ex`epoch = ${head.epoch}` });
    }
    const entry: Entry = {
      sequence: head.sequence,
      epoch: head.epoch,
      at: head.at,
      from: writing.from,
      request: writing.request,
      body: writing.body,
      ...('blob' in kept ? { blob: kept.blob } : {}),
      sealed: false,
    };
    const item = entryItem(channel, entry, spec.retentionMs(ports.settings));
    const [stored, listeners] = await Promise.all([
      'blob' in kept
        ? ports.table.transact([{ put: item, when: numberIsFree }, ...adopting(kept)])
        : ports.table.put(item, numberIsFree),
      listListeners(ports, channel, head),
    ]);
    if (stored.ok) return { kind: 'written', entry, head, listeners };
    // A reader sealed the number because this took too long.
  }
}

/** Takes the next number of a document, and counts what it is going to hold. */
async function takeNumberOf(
  ports: Ports,
  channel: ChannelName,
  { of, mostBytes = Number.MAX_SAFE_INTEGER }: Writing,
  bytes: number,
): Promise<Exclude<Wrote, { kind: 'written' }> | { readonly taken: Head }> {
  let at: number = ports.clock.now();
  for (;;) {
    const room = mostBytes - bytes;
    const taken = await ports.table.update(
      keys.head(channel),
      ex`SET epoch = if_not_exists(epoch, ${newEpoch(ports)}), of = ${of}, at = ${at}, startedAt = if_not_exists(startedAt, ${at}) ADD sequence ${1}, size ${bytes}`,
      {
        when: ex`(attribute_not_exists(of) OR of = ${of}) AND (attribute_not_exists(at) OR at <= ${at}) AND (size <= ${room} OR (attribute_not_exists(size) AND ${bytes} <= ${mostBytes}))`,
      },
    );
    if (taken.ok) return { taken: headOf(taken.item ?? {}) };
    const head = headOf(taken.current ?? {});
    if (head.of !== undefined && head.of !== of) return { kind: 'foreign', head };
    if (head.size > room) return { kind: 'full', neededBytes: head.size + bytes };
    at = head.at; // a writer whose clock is behind takes the last one's time
  }
}

/**
 * Empties a document: numbers go on, the epoch changes, and what was before is not read any more. Rows are swept later.
 * @param seen the head as it was read: of several who start it over, one does
 * @param of whose it is from now on
 * @returns the new head; undefined when it has changed meanwhile
 */
export async function startOver(
  ports: Ports,
  channel: ChannelName,
  seen: Pick<Head, 'epoch'>,
  of: string,
  onlyWhile = ex`epoch = ${seen.epoch}`,
): Promise<Head | undefined> {
  const epoch = newEpoch(ports);
  const written = await ports.table.update(
    keys.head(channel),
    ex`SET epoch = ${epoch}, of = ${of}, start = if_not_exists(sequence, ${0}), before = if_not_exists(sequence, ${0}), size = ${0} REMOVE snapshot, startedAt, versionAt, lease, noted`,
    { when: onlyWhile },
  );
  if (!written.ok) return undefined;
  await askToSweep(ports, channel);
  return headOf(written.item ?? {});
}

/** Has the fan-out function delete what a document no longer consists of. */
export async function askToSweep(ports: Ports, channel: ChannelName): Promise<void> {
  const body: SweepBody = { channel };
  const id = `sweep-log:${ports.ids.uuid()}`;
  await ports.fanOut.send([{ kind: 'sweep-log', group: `sweep-log:${channel}`, id, body }]);
}
