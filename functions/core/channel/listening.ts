import type { ChannelName } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { ChannelSpec, Removal } from './channel.ts';
import { post } from './delivery.ts';
import { countMembership, readHead } from './log.ts';
import type { Entrant, Listener } from './members.ts';
import { enter, listListeners } from './members.ts';
import { dropEmptyHead } from './sweep.ts';

/** A channel with members but without a log or states of its own: other code posts to its members. */
export const listeningOnly = (kind: string): ChannelSpec => ({
  kind,
  hearsOfOthers: () => false,
  bigFrom: Number.POSITIVE_INFINITY,
  windowMs: (_, settings) => settings.presenceThrottleMs,
  entriesInSnapshot: () => 0,
  retentionMs: () => undefined,
  frames: {
    member: (member) => member.state,
    entry: (_, entry) => entry.body,
    snapshot: () => '{}',
    left: (connection) => JSON.stringify(connection),
    changes: () => '{}',
    live: (_, entry) => entry.body,
  },
  removed: dropUnusedHead,
});

/**
 * Deletes the head of a channel without a log after its last member has left. A member that has joined since has
 * changed the version.
 */
export async function dropUnusedHead(ports: Ports, channel: ChannelName, { remaining, head }: Removal): Promise<void> {
  if (remaining === 0) await dropEmptyHead(ports, channel, head);
}

/**
 * Makes a connection a member: it receives all later posts to the channel, but no snapshot.
 * @returns the head that includes it; undefined when the connection is gone, or has left later than this
 */
export async function listen(ports: Ports, channel: ChannelName, entrant: Omit<Entrant, 'from' | 'state'>) {
  const entered = await enter(ports, channel, { ...entrant, state: '{}', from: 0 });
  return entered ? countMembership(ports, channel) : undefined;
}

/** All current members. */
export async function listenersOf(ports: Ports, channel: ChannelName): Promise<readonly Listener[]> {
  const head = await readHead(ports, channel);
  return head ? listListeners(ports, channel, head) : [];
}

/**
 * Posts a frame to all current members.
 * @param among selects the members for whom it is
 * @returns whether there were any
 */
export async function tell(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  frame: string,
  id: string,
  among: (listeners: readonly Listener[]) => Promise<readonly Listener[]> = async (listeners) => listeners,
): Promise<boolean> {
  const head = await readHead(ports, channel);
  const listeners = head ? await listListeners(ports, channel, head) : [];
  const to = (await among(listeners)).map((one) => one.connectionId);
  if (head) await post(ports, spec, channel, to, frame, { wide: head.wide, id });
  return to.length > 0;
}
