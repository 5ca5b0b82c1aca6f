import { together } from '../concurrently.ts';
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
 * A channel whose log is one document, made of all entries since the first; they may be applied in any order and more
 * than once. The log is compacted: a snapshot stands for everything up to a number (`compaction`), and a read returns
 * the snapshot and the entries after it (`kept`). A document has an owner, such as an inst, that may be deleted and
 * created again under the same name. Then its log starts over, while its members stay.
 */

export interface Writing {
  /** The document's owner, as the writer knows it. */
  readonly of: string;
  readonly from: ConnectionId;
  /** The delivery that writes it. */
  readonly request: string;
  /** JSON text. */
  readonly body: string;
  /** The maximum size of the document in bytes. */
  readonly mostBytes: number | undefined;
  /** Notes this log with the document's owner, before the first entry is written. False: the owner is gone. */
  note(): Promise<boolean>;
}

export type Wrote =
  | { readonly kind: 'written'; readonly entry: Entry; readonly head: Head; readonly listeners: readonly Listener[] }
  /** The log's head names another owner. */
  | { readonly kind: 'foreign'; readonly head: Head }
  | { readonly kind: 'full'; readonly neededBytes: number };

/** Puts an entry into the log. It is durable when this resolves, and not yet delivered. */
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
    const [stored, listeners] = await together([
      'blob' in kept
        ? ports.table.transact([{ put: item, when: numberIsFree }, ...adopting(kept)])
        : ports.table.put(item, numberIsFree),
      listListeners(ports, channel, head),
    ]);
    if (stored.ok) return { kind: 'written', entry, head, listeners };
    // A reader sealed the number because this took too long.
  }
}

/** Takes the next number of a document, and adds the entry's size. */
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
 * Empties a document. Numbers continue, the epoch changes, and earlier entries are no longer read. A job sweeps their
 * rows later.
 * @param seen the head as it was read; of several concurrent calls one succeeds
 * @param of the new owner
 * @returns the new head; undefined when the head has changed meanwhile
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

/** Makes the fan-out function delete the rows that a document no longer needs. */
export async function askToSweep(ports: Ports, channel: ChannelName): Promise<void> {
  const body: SweepBody = { channel };
  const id = `sweep-log:${ports.ids.uuid()}`;
  await ports.fanOut.send([{ kind: 'sweep-log', group: `sweep-log:${channel}`, id, body }]);
}
