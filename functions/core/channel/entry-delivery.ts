import type { ChannelName, ConnectionId } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { ChannelSpec, Entry, Head, Live, Member } from './channel.ts';
import { post } from './delivery.ts';
import { readHead } from './log.ts';
import type { Listener } from './members.ts';
import { findMember, listListeners } from './members.ts';

/** How long delivery waits for a joiner whose snapshot is being sent, in ms; after that the fan-out function waits. */
const joiningPatienceMs = [5, 10, 20, 40, 80, 160];
/** A join that takes longer has died, because no function that joins runs for more than ten seconds. */
const joinDiesAfterMs = 15_000;

/** Job of the fan-out function: deliver an entry to members who were still joining when it was written. */
export interface LateBody {
  readonly channel: ChannelName;
  readonly to: readonly ConnectionId[];
  readonly entry: Entry;
}

/**
 * Delivers an entry to all members whose place in the log is before it. Members with a later place read it from the
 * log. Joiners whose snapshot is being sent have no place yet, so they come last.
 */
export async function deliverEntry(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  entry: Entry,
  listeners: readonly Listener[],
  head: Head,
): Promise<void> {
  await postEntry(ports, spec, channel, entry, listeners, head.wide);
  let joining = listeners.filter((one) => isJoining(ports, one)).map((one) => one.connectionId);
  for (const patience of joiningPatienceMs) {
    if (joining.length === 0) return;
    await ports.clock.wait(patience);
    joining = await deliverToJoiners(ports, spec, channel, entry, joining, head.wide);
  }
  if (joining.length === 0) return;
  const body: LateBody = { channel, to: joining, entry };
  await ports.fanOut.send([
    { kind: 'late', group: `late:${channel}`, id: `late:${entry.epoch}:${entry.sequence}:${channel}`, body },
  ]);
}

/** @returns the members that are still joining */
export async function deliverToJoiners(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  entry: Entry,
  joining: readonly ConnectionId[],
  wide: boolean,
): Promise<ConnectionId[]> {
  const found = await Promise.all(joining.map((connection) => findMember(ports, channel, connection)));
  const present = found.filter((member): member is Member => member !== undefined);
  await postEntry(ports, spec, channel, entry, present, wide);
  return present.filter((member) => isJoining(ports, member)).map((member) => member.connectionId);
}

/** Whether its snapshot is still being sent. */
function isJoining(ports: Ports, one: Listener): boolean {
  return one.from === undefined && one.enteredAt > ports.clock.now() - joinDiesAfterMs;
}

async function postEntry(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  entry: Entry,
  listeners: readonly Listener[],
  wide: boolean,
): Promise<void> {
  // Members whose join died get the entry too. Mostly their socket has died as well, and the post finds it gone.
  // Otherwise the join is repeated, and its snapshot replaces all earlier frames.
  const due = listeners.filter((one) => (one.from === undefined ? !isJoining(ports, one) : one.from < entry.sequence));
  for (const form of new Set(due.map((one) => one.form))) {
    const to = due.filter((one) => one.form === form).map((one) => one.connectionId);
    const frames = await liveFrames(ports, spec, { channel, entry, form });
    for (const [index, frame] of frames.entries()) {
      const id = `${entry.epoch}:${entry.sequence}:${form}:${index}:${entry.request}:${channel}`;
      await post(ports, spec, channel, to, frame, { wide, id, from: entry.from });
    }
  }
}

/** The frames that deliver an entry to members with one form. */
export async function liveFrames(ports: Ports, spec: ChannelSpec, about: Live): Promise<readonly string[]> {
  const live = spec.frames.live(about.channel, about.entry, about.form);
  return spec.fit ? spec.fit(ports, live, about) : [live];
}

/** Posts an ephemeral frame to all current members, except `except`. */
export async function publish(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  frame: string,
  { except, id }: { readonly except: ConnectionId; readonly id: string },
): Promise<void> {
  const head = await readHead(ports, channel);
  if (!head) return;
  const listeners = await listListeners(ports, channel, head);
  const to = listeners.map((one) => one.connectionId).filter((one) => one !== except);
  await post(ports, spec, channel, to, frame, { wide: head.wide, id });
}
