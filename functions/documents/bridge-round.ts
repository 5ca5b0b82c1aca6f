import type { Entry } from '../core/channel/channel.ts';
import { compact, compactFrom } from '../core/channel/compaction.ts';
import { bytesOf } from '../core/channel/frames.ts';
import { type Kept, readKept } from '../core/channel/kept.ts';
import { readHead } from '../core/channel/log.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { type Bridging, noteProgress } from '../memory/bridging.ts';
import { type Delivery, type WrittenInstance, wasMade } from '../memory/change.ts';
import { bodyIn, bodyText, documentOf, isOwn } from '../memory/document.ts';
import { listUnbridged, noteBridged } from '../memory/unbridged.ts';
import { followDocument } from './follow-document.ts';
import { followKeys } from './follow-keys.ts';
import { documentOn, partsOf } from './ground.ts';
import { rootOf } from './key-in-document.ts';
import { mergeUpdates } from './merge.ts';
import { newClient, type OwnDocument, tellAgain, writeOwn } from './own-writing.ts';

/**
 * One round of synchronizing an instance's document with its keys. The ground is the document as of the last agreement
 * with the keys. Keys that have changed since are written onto it, as if by one more client. Then the updates of other
 * clients since are applied, and Yjs merges both. Finally, keys that differ from the document are changed to its
 * values.
 *
 *     the ground                      entries up to `reached`, and all entries of our own, which come from keys
 *     write changed keys              as an entry of our own, delivered to all editors: from now on it is ground
 *     record where the keys will be   so that the job after a crash first repeats exactly this
 *     change the keys                 each change under one name, so that a repeated one is recognized and later writes
 *                                     stay; a key that has changed since the ground is written into the document first
 *     record that the keys are there
 *     delete the records of keys      unless the keys have changed again meanwhile
 *     compact                         only what is ground, and was delivered to everybody
 *
 * @param options `isLate`: writers of updates that are still undelivered have died; `overtaken`: keys that are known to
 * have changed; `again`: for how many rounds they have
 */
export async function bridgeRound(
  ports: Ports,
  instance: WrittenInstance,
  bridging: Bridging,
  { isLate = false, overtaken = [], again = 0 }: RoundOptions = {},
): Promise<void> {
  const { id: instanceId } = instance;
  const { isTakenOver } = bridging;
  const channel = documentOf(instanceId);
  const head = await readHead(ports, channel);
  const kept = head?.of === instanceId ? await readKept(ports, channel, head) : undefined;
  const { ground, news, reached, until, isUnfinished } = partsOf(kept, bridging);
  const doc = documentOn(ports, channel, ground);
  const root = rootOf(doc);
  if (kept && isTakenOver)
    await tellAgain(
      ports,
      channel,
      kept,
      ground.filter(({ sequence }) => sequence > reached),
    );
  const heard = kept ? await haveHeard(ports, channel, kept, bridging, isLate) : bridging.heard;

  const client = isTakenOver || bridging.client === undefined ? newClient(ports, doc) : bridging.client;
  const mine: OwnDocument = { ports, instanceId, channel, doc, client };
  const last = news.at(-1);
  const isRepeated = isTakenOver || isUnfinished;
  const delivery = { request: `bridge:${kept?.head.epoch}:${until}`, at: last?.at ?? ports.clock.now(), isRepeated };
  const marks = await listUnbridged(ports, instanceId);
  const isAll = !isUnfinished && (!bridging.isReady || marks.some(({ key }) => key === null));
  const marked = [...new Set([...marks.flatMap(({ key }) => key ?? []), ...overtaken])];
  const unmade = isUnfinished ? await unmadeOf(ports, instanceId, marked, delivery) : marked;
  const written = await writeOwn(mine, await followKeys(ports, instanceId, root, isAll ? 'all' : unmade));
  const epoch = written ?? kept?.head.epoch;
  if (last) {
    if (!isUnfinished) await noteProgress(ports, bridging, { epoch, reached, until, client, heard });
    const followed = await followDocument(ports, instance, { doc, channel, news, delivery });
    const begun = { ...bridging, epoch, reached, until, client, heard, isTakenOver: false };
    if (followed === 'senseless') return bridgeRound(ports, instance, begun);
    const isTooOften = again >= mostAgain;
    const stay = isTooOften ? [...followed.refused, ...followed.overtaken] : followed.refused;
    await writeOwn(mine, await followKeys(ports, instanceId, root, stay));
    if (followed.overtaken.length > 0 && !isTooOften)
      return bridgeRound(ports, instance, begun, { overtaken: followed.overtaken, again: again + 1 });
  }
  await noteProgress(ports, bridging, { epoch, reached: until, client, heard });
  if (isUnfinished) {
    const rest = { ...bridging, epoch, reached: until, until: undefined, client, heard, isTakenOver: false };
    return bridgeRound(ports, instance, rest);
  }
  for (const mark of marks) await noteBridged(ports, instanceId, mark);
  if (kept && isWorthCompacting(kept)) await compact(ports, channel, mergeBodies, Math.min(until, heard));
}

interface RoundOptions {
  readonly isLate?: boolean;
  readonly overtaken?: readonly string[];
  readonly again?: number;
}

/**
 * A key that is still overtaken after so many rounds cannot be written into the document, because it is too large or
 * the document is full. It is given up.
 */
const mostAgain = 5;

/** If so many later updates were delivered, an earlier undelivered one is delivered too, possibly a second time. */
const mostToldBeyond = 200;

/**
 * Delivers clients' updates whose writers died before delivering them. An undelivered update that is not late yet is
 * still being delivered by its writer. Our own entries were delivered, or this round takes over from their writer.
 * @returns the number up to which all updates were delivered
 */
async function haveHeard(
  ports: Ports,
  channel: ChannelName,
  kept: Kept,
  { heard, told }: Bridging,
  isLate: boolean,
): Promise<number> {
  const isUntold = (entry: Entry) => entry.sequence > heard && !told.has(entry.sequence) && !isOwn(entry);
  const untold = kept.entries.filter((entry) => entry.sequence <= kept.reached && isUntold(entry));
  const [first] = untold;
  if (first && !isLate && told.size <= mostToldBeyond) return first.sequence - 1;
  await tellAgain(ports, channel, kept, untold);
  return kept.reached;
}

/**
 * Keys that have not taken the document's values yet. Their current values do not include them, and have to be merged
 * with them.
 */
async function unmadeOf(ports: Ports, instanceId: string, names: readonly string[], delivery: Delivery) {
  const wereMade = await Promise.all(names.map((key) => wasMade(ports, instanceId, key, delivery)));
  return names.filter((_, index) => !wereMade[index]);
}

function isWorthCompacting({ entries }: Kept): boolean {
  const bytes = entries.reduce((sum, { body }) => sum + bytesOf(body), 0);
  return entries.length >= compactFrom.entries || bytes >= compactFrom.bytes;
}

/** Drops deleted content, because each change of a key deletes its earlier value. */
const mergeBodies = (bodies: readonly string[]): string =>
  bodyText({
    updates: mergeUpdates(
      bodies.flatMap((body) => bodyIn(body).updates),
      { gc: true },
    ),
    by: null,
  });
