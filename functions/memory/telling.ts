import { directRecipients, shardRecipients } from '../core/channel/channel.ts';
import { removeGone } from '../core/channel/delivery.ts';
import { listListeners } from '../core/channel/members.ts';
import type { ConnectionId } from '../core/names.ts';
import type { Job, Ports } from '../core/ports.ts';
import { wantBridged } from './bridge.ts';
import { channelOf, documentForm, memoryChannel } from './channel.ts';
import { clearedFrame, keyFrame } from './frames.ts';
import { type MemoryHead, readMemoryHead } from './head-store.ts';
import type { KeyState } from './memory-key.ts';
import { queryOutlines, readRow, stateOf } from './row-store.ts';
import { unbridge } from './unbridged.ts';

/**
 * Connections apply frames as they arrive, so the last frame of a key that each one gets must hold the stored state. A
 * handler that has posted a key reads it again, and posts again until the stored state is what it posted. Of several
 * handlers that post at once, the one with the newest state posts last, or posts it again. Connections that are still
 * receiving their snapshot get nothing here: {@link sync} checks afterwards.
 */

/** A key for a part of many listeners; job of the fan-out function. */
export interface TellKeyBody {
  readonly instanceId: string;
  readonly key: string;
  readonly to: readonly ConnectionId[];
}

/** How a change is delivered. */
export interface Telling {
  /** Receives it in any case, and first if there are many listeners. */
  readonly sender: ConnectionId | undefined;
  readonly id: string;
  /** It comes from the document, which therefore need not follow. */
  readonly isBridged?: true;
}

/** A key as a handler has just read or written it, and the head, which tells who listens. */
export interface Known {
  readonly state: KeyState;
  readonly head: MemoryHead;
}

/** Broadcasts the current state of a key. */
export async function tellKey(ports: Ports, instanceId: string, key: string, telling: Telling): Promise<void> {
  await tellKnown(ports, instanceId, await readState(ports, instanceId, key), telling);
}

/**
 * Broadcasts the state of a key as far as known, and has the document follow. The head may be from before the key was
 * written. Reading the key again after posting finds clients that have joined since, and a document that has come into
 * use.
 */
export async function tellKnown(ports: Ports, instanceId: string, known: Known, telling: Telling): Promise<void> {
  const { key } = known.state;
  const follows = ({ hasDocument }: MemoryHead) => hasDocument && !telling.isBridged;
  if (follows(known.head)) await unbridge(ports, instanceId, key);
  const head = await tellAll(ports, instanceId, known, telling);
  if (!follows(head)) return;
  if (!follows(known.head)) await unbridge(ports, instanceId, key);
  await wantBridged(ports, instanceId);
}

/** Sends the result of a change that changes nothing, which concerns only its sender. */
export async function tellSender(ports: Ports, instanceId: string, known: Known, sender: ConnectionId): Promise<void> {
  const { joining } = await listenersOf(ports, instanceId, known.head);
  if (!joining.has(sender)) await postUntilTrue(ports, instanceId, known, [sender]);
}

/** @returns the head, read after the key was written */
async function tellAll(ports: Ports, instanceId: string, known: Known, { sender, id }: Telling): Promise<MemoryHead> {
  const without = (all: readonly ConnectionId[]) => all.filter((one) => one !== sender);
  const othersNow = async (head: MemoryHead) => without((await listenersOf(ports, instanceId, head)).told);
  const { told, joining } = await listenersOf(ports, instanceId, known.head);
  const own = sender === undefined || joining.has(sender) ? [] : [sender];
  const others = without(told);
  if (others.length <= directRecipients) {
    return postUntilTrue(ports, instanceId, known, [...own, ...others], othersNow);
  }
  const head = await postUntilTrue(ports, instanceId, known, own);
  const { key } = known.state;
  await ports.fanOut.send(shards({ instanceId, key, to: await othersNow(head) }, id));
  return head;
}

/** Sends a key only to the given connections. */
export async function tellKeyTo(ports: Ports, { instanceId, key, to }: TellKeyBody): Promise<void> {
  await postUntilTrue(ports, instanceId, await readState(ports, instanceId, key), to);
}

/** While others go on changing a key, a handler follows them for so many posts; then the fan-out function does. */
const mostPosts = 5;

/**
 * @param to connections that get frames until the last one is true; after many posts, the fan-out function continues
 * @param othersNow further recipients, by a head that was read after posting
 * @returns the last such head
 */
export async function postUntilTrue(
  ports: Ports,
  instanceId: string,
  known: Pick<Known, 'state'>,
  to: readonly ConnectionId[],
  othersNow: (head: MemoryHead) => Promise<readonly ConnectionId[]> = async () => [],
): Promise<MemoryHead> {
  const told = new Set(to);
  let current = known.state;
  let next = to;
  for (let posts = 1; ; posts += 1) {
    if (next.length > 0) {
      const { gone } = await ports.gateway.post(next, keyFrame(ports, current));
      await removeGone(ports, memoryChannel, channelOf(instanceId), gone);
    }
    const { head, state } = await readState(ports, instanceId, current.key);
    const more = (await othersNow(head)).filter((one) => !told.has(one));
    for (const one of more) told.add(one);
    const isNews = state.version > current.version;
    next = isNews ? [...told] : more;
    if (next.length === 0) return head;
    if (posts === mostPosts) {
      await ports.fanOut.send(shards({ instanceId, key: current.key, to: next }, ports.ids.uuid()));
      return head;
    }
    if (isNews) current = state;
  }
}

async function readState(ports: Ports, instanceId: string, key: string): Promise<Known> {
  const { head, row } = await readRow(ports, instanceId, key);
  return { head, state: stateOf(head, key, row) };
}

/**
 * Broadcasts that everything was cleared. Frames of later writes may have arrived before this one, so they are sent
 * again.
 * @param head as of the clear, or later
 */
export async function tellCleared(
  ports: Ports,
  instanceId: string,
  head: MemoryHead,
  { sender, id }: Telling,
): Promise<void> {
  const frame = clearedFrame(head.clearedBy, head.clearedAt, head.cleared);
  const now = await readMemoryHead(ports, instanceId);
  if (now.hasDocument) await unbridge(ports, instanceId, null);
  const { told, joining } = await listenersOf(ports, instanceId, now);
  const to = new Set([...(sender === undefined || joining.has(sender) ? [] : [sender]), ...told]);
  for (const part of partsOf([...to])) {
    const { gone } = await ports.gateway.post(part, frame);
    await removeGone(ports, memoryChannel, channelOf(instanceId), gone);
  }
  // Only outlines, because the rows that were cleared still exist.
  for (const { key, version } of await queryOutlines(ports, instanceId)) {
    if (version > head.cleared) await tellKey(ports, instanceId, key, { sender, id: `${id}:${key}`, isBridged: true });
  }
  if (now.hasDocument) await wantBridged(ports, instanceId);
}

interface Listeners {
  /** They receive changes at once. */
  readonly told: readonly ConnectionId[];
  /**
   * They are being sent their snapshots. Until the end they get no changes, not even their own: {@link sync} sends
   * these.
   */
  readonly joining: ReadonlySet<ConnectionId>;
}

async function listenersOf(ports: Ports, instanceId: string, head: MemoryHead): Promise<Listeners> {
  const all = await listListeners(ports, channelOf(instanceId), head);
  const listeners = all.filter(({ form }) => form !== documentForm);
  const ids = (some: typeof listeners) => some.map(({ connectionId }) => connectionId);
  return {
    told: ids(listeners.filter(({ from }) => from !== undefined)),
    joining: new Set(ids(listeners.filter(({ from }) => from === undefined))),
  };
}

function shards({ instanceId, key, to }: TellKeyBody, id: string): Job[] {
  return partsOf(to).map((part, index) => ({
    kind: 'memory-key',
    group: `memory:${index}:${channelOf(instanceId)}`,
    id: `${id}:${index}`,
    body: { instanceId, key, to: part } satisfies TellKeyBody,
  }));
}

function partsOf(all: readonly ConnectionId[]): ConnectionId[][] {
  return Array.from({ length: Math.ceil(all.length / shardRecipients) }, (_, index) =>
    all.slice(index * shardRecipients, (index + 1) * shardRecipients),
  );
}
