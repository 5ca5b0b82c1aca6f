import type { ChannelName, ConnectionId, EpochMs } from '../names.ts';
import type { Job, Ports } from '../ports.ts';
import type { ChangeTexts, ChannelSpec } from './channel.ts';
import { directRecipients, shardRecipients } from './channel.ts';
import { collect } from './flush-queue.ts';
import { bytesOf, packed } from './frames.ts';
import { countMembership, setWide } from './log.ts';
import { beginRemoval, finishRemoval, listListeners, settled, unlist } from './members.ts';

/** A frame on its way to many; job of the fan-out function. */
export interface PostBody {
  readonly channel: ChannelName;
  readonly to: readonly ConnectionId[];
  readonly frame: string;
}

/**
 * Posts one frame to many: here and now up to a few hundred, above through the fan-out queue in shards, whose groups
 * keep the order. Whoever turns out to be gone is removed, and the rest hear of it; but not `from`, whose frame this is:
 * it may have more to say, and its disconnect is behind that in the lane.
 */
export async function post(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  to: readonly ConnectionId[],
  frame: string,
  through: { readonly wide: boolean; readonly id: string; readonly from?: ConnectionId },
): Promise<void> {
  if (to.length === 0) return;
  if (through.wide || to.length > directRecipients) {
    await ports.fanOut.send(shards(channel, to, frame, through.id));
    return;
  }
  const { gone } = await ports.gateway.post(to, frame);
  const others = gone.filter((one) => one !== through.from);
  await removeGone(ports, spec, channel, others);
}

/** A connection is always in the same shard, so that what it is sent stays in order. */
function shards(channel: ChannelName, to: readonly ConnectionId[], frame: string, id: string): Job[] {
  const count = Math.max(1, Math.ceil(to.length / shardRecipients));
  // The number of shards must not change with every join: powers of two, so that order is only at risk at a doubling.
  const buckets = 2 ** Math.ceil(Math.log2(count));
  const parts = new Map<number, ConnectionId[]>();
  for (const connection of to) {
    const bucket = hash(connection) % buckets;
    parts.set(bucket, [...(parts.get(bucket) ?? []), connection]);
  }
  return [...parts].map(([bucket, part]) => ({
    kind: 'post',
    group: `post:${bucket}:${channel}`,
    id: `${id}:${bucket}`,
    body: { channel, to: part, frame } satisfies PostBody,
  }));
}

function hash(text: string): number {
  let value = 0;
  for (let index = 0; index < text.length; index++) value = (Math.imul(value, 31) + text.charCodeAt(index)) >>> 0;
  return value;
}

/** Posts changes to everyone given, in as many frames as they need. */
export async function postChanges(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  to: readonly ConnectionId[],
  changes: Partial<ChangeTexts>,
  through: { readonly wide: boolean; readonly id: string },
): Promise<void> {
  for (const [index, frame] of changeFrames(spec, channel, changes).entries()) {
    await post(ports, spec, channel, to, frame, { ...through, id: `${through.id}:${index}` });
  }
}

/** The frames that say so; none when there is nothing to say. */
export function changeFrames(spec: ChannelSpec, channel: ChannelName, changes: Partial<ChangeTexts>): string[] {
  const { joined = [], left = [], updated = [] } = changes;
  if (joined.length + left.length + updated.length === 0) return [];
  const size = [...joined, ...updated].reduce((sum, text) => sum + bytesOf(text), left.length * 24);
  if (size < 100_000) return [spec.frames.changes(channel, { joined, left, updated })];
  return [
    ...packed(joined).map((run) => spec.frames.changes(channel, { joined: run, left: [], updated: [] })),
    ...packed(left).map((run) => spec.frames.changes(channel, { joined: [], left: run, updated: [] })),
    ...packed(updated).map((run) => spec.frames.changes(channel, { joined: [], left: [], updated: run })),
  ];
}

interface Removing {
  readonly at: EpochMs;
  readonly by: string;
  readonly place?: string | undefined;
  readonly lastWords?: boolean;
}

/**
 * Takes connections out of a channel, whatever the reason, and tells the others once. `by` names the reason's delivery:
 * the same one may come again and goes on where it stopped. `place` is its place in the lane, where it was a frame.
 * With `lastWords` the connection's row goes on naming the channel: what a socket that is gone said last may still be in the
 * lane, before its disconnect, and is said where it was said.
 */
export async function remove(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  connections: readonly ConnectionId[],
  { at, by, place, lastWords = false }: Removing,
): Promise<void> {
  const begun = await Promise.all(connections.map((one) => beginRemoval(ports, channel, one, { at, by })));
  const removed = connections.filter((_, index) => begun[index] === 'won');
  const absent = connections.filter((_, index) => begun[index] === 'absent');
  if (!lastWords) await Promise.all(absent.map((one) => unlist(ports, channel, one, place)));
  if (removed.length === 0) return;
  const head = await countMembership(ports, channel);
  const listeners = await listListeners(ports, channel, head.version);
  if (listeners.length >= spec.bigFrom) {
    await collect(ports, spec, channel, { left: removed, members: listeners.length, again: true });
  } else {
    const through = { wide: head.wide, id: `left:${by}:${removed[0]}` };
    await postChanges(ports, spec, channel, settled(listeners), { left: removed }, through);
  }
  await Promise.all(removed.map((one) => finishRemoval(ports, channel, one, by)));
  if (!lastWords) await Promise.all(removed.map((one) => unlist(ports, channel, one, place)));
  if (listeners.length === 0 && head.wide) await setWide(ports, channel, false);
}

/** Removes those that a post found to be gone. Telling the others may find more of them: until nobody new is found. */
export async function removeGone(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  gone: readonly ConnectionId[],
): Promise<void> {
  if (gone.length === 0) return;
  await remove(ports, spec, channel, gone, { at: ports.clock.now(), by: `gone:${ports.ids.uuid()}`, lastWords: true });
}
