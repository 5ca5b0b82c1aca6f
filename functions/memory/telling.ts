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
 * Connections apply frames as they come, so the last one that each gets of a key must say what the key is. Whoever has
 * posted one looks at the key once more, and posts what it is by then, until it is what was posted: of several who post at
 * once the one with the newest ends last, or posts it again. Who is still being told what there is ({@link sync}) is not told
 * here: it looks itself, afterwards.
 */

/** A key to tell a part of many listeners of; job of the fan-out function. */
export interface TellKeyBody {
  readonly instanceId: string;
  readonly key: string;
  readonly to: readonly ConnectionId[];
}

/** Whom to tell. */
export interface Telling {
  /** Hears of it whatever happens, and first where there are many. */
  readonly sender: ConnectionId | undefined;
  readonly id: string;
  /** It is news from the document, which need not follow. */
  readonly isBridged?: true;
}

/** A key as somebody has just read or written it, and the head by which they know who listens. */
export interface Known {
  readonly state: KeyState;
  readonly head: MemoryHead;
}

/** Tells everybody what a key is by now. */
export async function tellKey(ports: Ports, instanceId: string, key: string, telling: Telling): Promise<void> {
  await tellKnown(ports, instanceId, await readState(ports, instanceId, key), telling);
}

/**
 * Tells everybody what a key is, as far as known, and has the document follow. The head may have been read before the key was
 * written: who listens since, and whether there is a document since, is found when the key is looked at after posting.
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

/** A change that changes nothing concerns only the connection that asked for it. */
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

/** Tells only those given. */
export async function tellKeyTo(ports: Ports, { instanceId, key, to }: TellKeyBody): Promise<void> {
  await postUntilTrue(ports, instanceId, await readState(ports, instanceId, key), to);
}

/** While others go on changing a key, a handler follows them for so many posts; then it hands over. */
const mostPosts = 5;

/**
 * @param to they are told until what they heard last is true: by the fan-out function where that takes many posts
 * @param othersNow who has to be told besides, by a head that was read after posting
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
 * Everything was cleared. What has been written since may have been told before this: it is told again.
 * @param head as it was, or is, once that was noted
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
  // Without their values: rows that were cleared are still there.
  for (const { key, version } of await queryOutlines(ports, instanceId)) {
    if (version > head.cleared) await tellKey(ports, instanceId, key, { sender, id: `${id}:${key}`, isBridged: true });
  }
  if (now.hasDocument) await wantBridged(ports, instanceId);
}

interface Listeners {
  /** They get changes as these come. */
  readonly told: readonly ConnectionId[];
  /** Their snapshots are on the way. Until the end of it they get no changes, not even their own: {@link sync} tells them then. */
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
