import { branded } from '../branded.ts';
import { ex } from '../expression.ts';
import { keys } from '../keys.ts';
import type { ChannelName, ConnectionId } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Settings } from '../settings.ts';
import type { Item } from '../table.ts';
import type { ChannelSpec } from './channel.ts';

/** A channel's window, as its row says. */
export interface Window {
  /** Changes before this time wait. */
  readonly until: number;
  /** Time of the queued flush. */
  readonly pending: number | undefined;
  /** Time of the flush that is being posted. */
  readonly flushing: number | undefined;
  /** Changes before this time have been sent, except those younger than {@link overlapMs} that are not in `sent`. */
  readonly sentUntil: number;
  /** `changedAt@version@connection` of recently sent changes. */
  readonly sent: ReadonlySet<string>;
  /** Members that left and have not been announced yet. */
  readonly left: ReadonlySet<ConnectionId>;
}

/**
 * A state stored up to so long before the last flush may have missed it, because clocks differ and writers may be slow.
 */
export const overlapMs = 5_000;
/** A flush that is so late was lost with its job, so that the next change queues another. */
const overdueMs = 3_000;
const windowLivesMs = 24 * 3_600_000;

/** The throttle setting for up to 20 members, 2.5 times that at 50, growing to 10 times at several hundred. */
export function growingWindowMs(members: number, { presenceThrottleMs }: Settings): number {
  const factor = members <= 20 ? 1 : members <= 50 ? 1 + (members - 20) / 20 : Math.min(10, 2.5 + (members - 50) / 40);
  return Math.round(presenceThrottleMs * factor);
}

/** Job of the fan-out function: waits until `flushAt`, then {@link flush}. */
export interface FlushBody {
  readonly channel: ChannelName;
  readonly flushAt: number;
}

/** Joins and leaves of a big channel wait for the window. `again`: this may be a repeat, so make sure of the job. */
export async function collect(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  news: { readonly left?: readonly ConnectionId[]; readonly members: number; readonly again: boolean },
): Promise<void> {
  if (news.left && news.left.length > 0) {
    await ports.connections.update(keys.window(channel), ex`ADD left ${new Set(news.left)}`);
  }
  await queueFlush(ports, spec, channel, news);
}

/** The first change of a window queues its flush; the rest find it queued. */
export async function queueFlush(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  { members, again }: { readonly members: number; readonly again: boolean },
): Promise<void> {
  const window = await readWindow(ports, channel);
  const now = ports.clock.now();
  if (window.pending !== undefined && window.pending > now - overdueMs && !again) return;
  const flushAt = window.until > now ? window.until : now + spec.windowMs(members, ports.settings);
  const nobodyClaimed = ex`attribute_not_exists(pending) OR pending <= ${now - overdueMs}`;
  const claimed = await ports.connections.update(
    keys.window(channel),
    ex`SET pending = ${flushAt}, until = ${flushAt}, ttl = ${expiry(now)}`,
    { when: nobodyClaimed },
  );
  if (!claimed.ok && !again) return;
  // A repeat cannot know whether the first try got as far as the job; sending it twice under one id is sending it once.
  const at = claimed.ok ? flushAt : Number(claimed.current?.pending);
  const body: FlushBody = { channel, flushAt: at };
  await ports.fanOut.send([{ kind: 'flush', group: `flush:${channel}`, id: `flush:${at}:${channel}`, body }]);
}

export async function readWindow(ports: Ports, channel: ChannelName): Promise<Window> {
  return windowOf(await ports.connections.get(keys.window(channel)));
}

export const expiry = (now: number): number => Math.ceil((now + windowLivesMs) / 1000);

export function windowOf(item: Item | undefined): Window {
  return {
    until: Number(item?.until ?? 0),
    pending: typeof item?.pending === 'number' ? item.pending : undefined,
    flushing: typeof item?.flushing === 'number' ? item.flushing : undefined,
    sentUntil: Number(item?.sentUntil ?? 0),
    sent: item?.sent instanceof Set ? item.sent : new Set(),
    left: new Set(item?.left instanceof Set ? [...item.left].map((one) => branded<ConnectionId>(String(one))) : []),
  };
}
