import type { ChannelName, ConnectionId } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { ChannelSpec, Entry, Head, Live, Member } from './channel.ts';
import { post } from './delivery.ts';
import { readHead } from './log.ts';
import type { Listener } from './members.ts';
import { findMember, listListeners } from './members.ts';

/** How long delivery waits for somebody whose snapshot is on its way, in ms; then the fan-out function goes on waiting. */
const joiningPatienceMs = [5, 10, 20, 40, 80, 160];
/** A join that takes longer has died: no function on its way runs for more than ten seconds. */
const joinDiesAfterMs = 15_000;

/** An entry for members who were still joining when it was written; job of the fan-out function. */
export interface LateBody {
  readonly channel: ChannelName;
  readonly to: readonly ConnectionId[];
  readonly entry: Entry;
}

/**
 * Delivers an entry to everyone whose place in the log is before it. Those who joined later have it from the log. For
 * those whose snapshot is on its way at this moment, the place is not known yet: they come last.
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

/** @returns who is still joining */
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

/** Its snapshot is on its way. */
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
  // Whose join died is posted to as well: mostly the socket has died with it, and is found to be gone. Otherwise the join
  // comes again and its snapshot replaces all that came before.
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

/** What brings an entry to members of one form. */
export async function liveFrames(ports: Ports, spec: ChannelSpec, about: Live): Promise<readonly string[]> {
  const live = spec.frames.live(about.channel, about.entry, about.form);
  return spec.fit ? spec.fit(ports, live, about) : [live];
}

/** Posts an ephemeral frame to everyone who is in the channel now, but for `except`. */
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
