import { directRecipients, shardRecipients } from '../core/channel/channel.ts';
import { removeGone } from '../core/channel/delivery.ts';
import { listListeners } from '../core/channel/members.ts';
import type { ConnectionId } from '../core/names.ts';
import type { Job, Ports } from '../core/ports.ts';
import { unbridge, wantBridged } from './bridge.ts';
import { channelOf, documentForm, memoryChannel } from './channel.ts';
import { clearedFrame, keyFrame } from './frames.ts';
import { type MemoryHead, readMemoryHead } from './head-store.ts';
import type { KeyState } from './memory-key.ts';
import { queryRows, readRow, stateOf } from './row-store.ts';

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

export interface Telling {
  /** Hears of it whatever happens, and first where there are many. */
  readonly sender: ConnectionId | undefined;
  readonly id: string;
  /** It is news from the document, which need not follow. */
  readonly isBridged?: true;
}

export async function tellKey(
  ports: Ports,
  instanceId: string,
  key: string,
  { sender, id, isBridged }: Telling,
): Promise<void> {
  const { head, row } = await readRow(ports, instanceId, key);
  if (head.hasDocument && !isBridged) await unbridge(ports, instanceId, key);
  const others = (await listenersOf(ports, instanceId, head)).filter((one) => one !== sender);
  const own = sender === undefined ? [] : [sender];
  const isWide = others.length > directRecipients;
  await postUntilTrue(ports, instanceId, stateOf(head, key, row), isWide ? own : [...own, ...others]);
  if (isWide) await ports.fanOut.send(shards({ instanceId, key, to: others }, id));
  if (head.hasDocument && !isBridged) await wantBridged(ports, instanceId);
}

/** Tells only those given. */
export async function tellKeyTo(ports: Ports, { instanceId, key, to }: TellKeyBody): Promise<void> {
  const { head, row } = await readRow(ports, instanceId, key);
  await postUntilTrue(ports, instanceId, stateOf(head, key, row), to);
}

export async function postUntilTrue(
  ports: Ports,
  instanceId: string,
  state: KeyState,
  to: readonly ConnectionId[],
): Promise<void> {
  for (let current = state; to.length > 0; ) {
    const { gone } = await ports.gateway.post(to, keyFrame(ports, current));
    await removeGone(ports, memoryChannel, channelOf(instanceId), gone);
    const { head, row } = await readRow(ports, instanceId, current.key);
    const now = stateOf(head, current.key, row);
    if (now.version <= current.version) return;
    current = now;
  }
}

/**
 * Everything was cleared. What has been written since may have been told before this: it is told again.
 * @param head as it was, or is, once that was noted
 */
export async function tellCleared(
  ports: Ports,
  instanceId: string,
  head: MemoryHead,
  { sender, id }: { readonly sender: ConnectionId | undefined; readonly id: string },
): Promise<void> {
  const frame = clearedFrame(head.clearedBy, head.clearedAt, head.cleared);
  const now = await readMemoryHead(ports, instanceId);
  if (now.hasDocument) await unbridge(ports, instanceId, null);
  const to = new Set([...(sender === undefined ? [] : [sender]), ...(await listenersOf(ports, instanceId, now))]);
  for (const part of partsOf([...to])) {
    const { gone } = await ports.gateway.post(part, frame);
    await removeGone(ports, memoryChannel, channelOf(instanceId), gone);
  }
  for (const { key, version } of await queryRows(ports, instanceId)) {
    if (version > head.cleared) await tellKey(ports, instanceId, key, { sender, id: `${id}:${key}`, isBridged: true });
  }
  if (now.hasDocument) await wantBridged(ports, instanceId);
}

/** Who is told of changes as they come. */
async function listenersOf(ports: Ports, instanceId: string, head: MemoryHead): Promise<ConnectionId[]> {
  const listeners = await listListeners(ports, channelOf(instanceId), head);
  const told = listeners.filter(({ from, form }) => from !== undefined && form !== documentForm);
  return told.map(({ connectionId }) => connectionId);
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
