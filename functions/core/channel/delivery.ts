import { together } from '../concurrently.ts';
import type { ChannelName, ConnectionId, EpochMs } from '../names.ts';
import type { Job, Ports } from '../ports.ts';
import type { ChangeTexts, ChannelSpec } from './channel.ts';
import { directRecipients, shardRecipients } from './channel.ts';
import { collect } from './flush-queue.ts';
import { bytesOf, packed } from './frames.ts';
import { countMembership, setWide } from './log.ts';
import { beginRemoval, finishRemoval, listListeners, noteLeft, told, unlist, unlistIfLeft } from './members.ts';

/** Job of the fan-out function: post a frame to many connections. */
export interface PostBody {
  readonly channel: ChannelName;
  readonly to: readonly ConnectionId[];
  readonly frame: string;
}

/**
 * Posts one frame to many: directly up to a few hundred, above that through the fan-out queue in shards, whose groups
 * keep the order. Recipients that are gone are removed, and the others are told. `from`, the sender, is not removed:
 * more of its frames may be in the lane, before its disconnect.
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

/** A connection is always in the same shard, so that it receives frames in order. */
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

/** The frames with these changes; none if there are no changes. */
export function changeFrames(spec: ChannelSpec, channel: ChannelName, changes: Partial<ChangeTexts>): string[] {
  const { joined = [], left = [], updated = [] } = changes;
  if (joined.length + left.length + updated.length === 0) return [];
  const size = [...joined, ...updated].reduce((sum, text) => sum + bytesOf(text), left.length * 24);
  const parts: ChangeTexts[] =
    size < 100_000
      ? [{ joined, left, updated }]
      : [
          ...packed(joined).map((run) => ({ joined: run, left: [], updated: [] })),
          ...packed(left).map((run) => ({ joined: [], left: run, updated: [] })),
          ...packed(updated).map((run) => ({ joined: [], left: [], updated: run })),
        ];
  return parts.flatMap((part) => spec.frames.changes(channel, part) ?? []);
}

interface Removing {
  /** Members that joined later than this stay. */
  readonly at: EpochMs;
  /** The delivery that caused the removal. A repeat of it continues where the first stopped. */
  readonly by: string;
  /** Place in the lane of the frame that caused it, if it was one. */
  readonly place?: string | undefined;
  /**
   * The connection's row keeps listing the channel, because the last frames of a dead socket may still be in the lane
   * before its disconnect. They are then still handled in this channel.
   */
  readonly lastWords?: boolean;
  /** The frame may overtake frames that join: see {@link noteLeft}. */
  readonly unordered?: boolean;
}

/** Removes connections from a channel, for whatever reason, and tells the other members once. */
export async function remove(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  connections: readonly ConnectionId[],
  removing: Removing,
): Promise<void> {
  const { by } = removing;
  const begun = await together(connections.map((one) => begin(ports, channel, one, removing)));
  const removed = begun.filter((one) => typeof one === 'object');
  const absent = connections.filter((_, index) => begun[index] === 'absent');
  await together(absent.map((one) => forgetChannel(ports, channel, one, removing)));
  if (removed.length === 0) return;
  const head = await countMembership(ports, channel);
  const listeners = await listListeners(ports, channel, head);
  const ids = removed.map((member) => member.connectionId);
  if (listeners.length >= spec.bigFrom) {
    await collect(ports, spec, channel, { left: ids, members: listeners.length, again: true });
  } else {
    const through = { wide: head.wide, id: `left:${by}:${ids[0]}` };
    const left = removed.map((member) => spec.frames.left(member.connectionId, member));
    await postChanges(ports, spec, channel, told(spec, listeners), { left }, through);
  }
  await spec.removed?.(ports, channel, { members: removed, remaining: listeners.length, head, by });
  await together(ids.map((one) => finish(ports, channel, one, removing)));
  await together(ids.map((one) => forgetChannel(ports, channel, one, removing)));
  if (listeners.length === 0 && head.wide) await setWide(ports, channel, false);
}

/** @returns the member whose removal has begun, or that there was none */
async function begin(ports: Ports, channel: ChannelName, connection: ConnectionId, removing: Removing) {
  for (;;) {
    const begun = await beginRemoval(ports, channel, connection, removing);
    if (begun !== 'absent' || !removing.unordered) return begun;
    if (await noteLeft(ports, channel, connection, { at: removing.at, by: undefined })) return begun;
  }
}

async function finish(ports: Ports, channel: ChannelName, connection: ConnectionId, { at, by, unordered }: Removing) {
  if (unordered) await noteLeft(ports, channel, connection, { at, by });
  else await finishRemoval(ports, channel, connection, by);
}

async function forgetChannel(ports: Ports, channel: ChannelName, connection: ConnectionId, removing: Removing) {
  if (removing.lastWords) return;
  if (removing.unordered) await unlistIfLeft(ports, channel, connection);
  else await unlist(ports, channel, connection, removing.place);
}

/**
 * Removes connections that a post found to be gone. Telling the other members may find more of them, which are removed
 * in turn.
 */
export async function removeGone(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  gone: readonly ConnectionId[],
): Promise<void> {
  if (gone.length === 0) return;
  await remove(ports, spec, channel, gone, { at: ports.clock.now(), by: `gone:${ports.ids.uuid()}`, lastWords: true });
}
