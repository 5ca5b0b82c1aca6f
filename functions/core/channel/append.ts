import { together } from '../concurrently.ts';
import { ex } from '../expression.ts';
import { keys } from '../keys.ts';
import type { ChannelName, ConnectionId, EpochMs } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Transacted } from '../table.ts';
import type { ChannelSpec, Entry, Head } from './channel.ts';
import { deliverEntry } from './entry-delivery.ts';
import { entryItem, entryOf, findWritten, numberIsFree, readHead, takeNumber } from './log.ts';
import { listListeners } from './members.ts';

export interface Appending {
  readonly from: ConnectionId;
  /** The delivery of the frame, and whether it may be a repeated one. */
  readonly request: string;
  readonly attempt: number;
  /** When the gateway received the frame. */
  readonly since: EpochMs;
  /** JSON text; the log adds time and number. */
  readonly body: string;
  /**
   * An id that the client chose: a repeat within ten minutes is not stored again, and only its sender gets an answer.
   */
  readonly messageId?: string;
  /** Whether the entry with this id is the same message; two clients may have chosen the same id. */
  readonly isRepeatOf: (entry: Entry) => boolean;
  /** Runs once the entry is in the log, before it is delivered; runs again for a repeated delivery. */
  readonly keep?: (entry: Entry) => Promise<void>;
}

/** How long a client's message id is remembered. */
const onceMs = 10 * 60_000;

/**
 * Puts an entry into the log, then delivers it to all members of the channel, its sender included. After the
 * connection's row was read, this takes three round trips in sequence: take a number, put the entry (and read the
 * members), post.
 */
export async function append(ports: Ports, spec: ChannelSpec, channel: ChannelName, given: Appending): Promise<void> {
  if (given.attempt > 1) {
    const written = await findWritten(ports, channel, given);
    const head = written && (await readHead(ports, channel));
    if (written && head) {
      await given.keep?.(written.entry);
      if (!written.isLast) return;
      // The first delivery died before its last post. Clients recognize the repeated message by its id.
      const listeners = await listListeners(ports, channel, head);
      await deliverEntry(ports, spec, channel, written.entry, listeners, head);
      return;
    }
  }
  let { messageId } = given;
  for (;;) {
    const [head, sameId] = await together([
      takeNumber(ports, channel),
      messageId === undefined ? undefined : findOnce(ports, channel, messageId),
    ]);
    const repeated = sameId && given.isRepeatOf(sameId) ? sameId : undefined;
    if (sameId && !repeated) messageId = undefined;
    const entry: Entry = {
      sequence: head.sequence,
      epoch: head.epoch,
      at: head.at,
      from: given.from,
      request: given.request,
      body: given.body,
      sealed: false,
    };
    if (repeated) {
      await together([sealNumber(ports, channel, entry), echo(ports, spec, channel, given.from, repeated)]);
      return;
    }
    const [stored, listeners] = await together([
      store(ports, spec, channel, entry, messageId),
      listListeners(ports, channel, head),
    ]);
    if (stored === 'stored') {
      await given.keep?.(entry);
      await deliverEntry(ports, spec, channel, entry, listeners, head);
      return;
    }
    // `taken`: a reader sealed the number because this took too long. `repeated`: the same id won on another number.
    if (stored === 'repeated') await sealNumber(ports, channel, entry);
  }
}

async function store(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  entry: Entry,
  messageId: string | undefined,
): Promise<'stored' | 'taken' | 'repeated'> {
  const item = entryItem(channel, entry, spec.retentionMs(ports.settings));
  if (messageId === undefined) return (await ports.table.put(item, numberIsFree)).ok ? 'stored' : 'taken';
  const expiresAt = entry.at + onceMs;
  const once = {
    ...keys.once(channel, messageId),
    sequence: entry.sequence,
    expiresAt,
    ttl: Math.ceil(expiresAt / 1000),
  };
  const firstOfItsId = ex`attribute_not_exists(pk) OR expiresAt < ${ports.clock.now()}`;
  const written: Transacted = await ports.table.transact([
    { put: item, when: numberIsFree },
    { put: once, when: firstOfItsId },
  ]);
  if (written.ok) return 'stored';
  return written.lost[1] ? 'repeated' : 'taken';
}

async function findOnce(ports: Ports, channel: ChannelName, messageId: string): Promise<Entry | undefined> {
  const once = await ports.table.get(keys.once(channel, messageId));
  if (!once || Number(once.expiresAt) < ports.clock.now()) return undefined;
  const item = await ports.table.get(keys.entry(channel, Number(once.sequence)));
  return item && entryOf(item);
}

/** Seals a number that was not used, so that no reader has to wait for it. */
async function sealNumber(ports: Ports, channel: ChannelName, entry: Entry): Promise<void> {
  await ports.table.put(entryItem(channel, { ...entry, body: 'null', sealed: true }, undefined), numberIsFree);
}

async function echo(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  to: ConnectionId,
  entry: Entry,
): Promise<void> {
  const listeners = await listListenersNow(ports, channel);
  const member = listeners.find((one) => one.connectionId === to);
  if (member) await ports.gateway.post([to], spec.frames.live(channel, entry, member.form));
}

async function listListenersNow(ports: Ports, channel: ChannelName) {
  const head: Head | undefined = await readHead(ports, channel);
  return head ? listListeners(ports, channel, head) : [];
}
