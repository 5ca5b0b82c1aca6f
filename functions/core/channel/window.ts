import { together } from '../concurrently.ts';
import { ex } from '../expression.ts';
import { keys } from '../keys.ts';
import type { ChannelName, ConnectionId } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { ChannelSpec, Head, Member } from './channel.ts';
import { changeFrames, post, postChanges } from './delivery.ts';
import type { FlushBody, Window } from './flush-queue.ts';
import { expiry, overlapMs, queueFlush, readWindow, windowOf } from './flush-queue.ts';
import { readHead } from './log.ts';
import { changeState, listListeners, listMembers, told } from './members.ts';

/**
 * Coalescing: delivered messages are the main cost, so a channel sends its changes together. After a quiet window a
 * change is sent at once and opens a new window. The first change inside it queues a flush. At the window's end the
 * fan-out function posts one frame to each member with everything that changed. Later changes in the window are only
 * stored.
 *
 *     change stored ──> quiet?  yes: lead: post now, window opens until now + w
 *                        no, nothing pending: claim the flush (job waits for the window's end)
 *                        no, pending: done, since the flush reads states only after it has cleared `pending`
 *
 * Only one process at a time posts states that it did not just store itself, so members never see an older value after
 * a newer one.
 */

/**
 * Stores a member's new state and tells the other members, now or with the window. Does nothing for a connection that
 * is no member.
 */
export async function updateState(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  connection: ConnectionId,
  state: string,
  { attempt, place }: { readonly attempt: number; readonly place?: string | undefined },
): Promise<void> {
  const member = await changeState(ports, channel, connection, state, place);
  if (member) await announceState(ports, spec, channel, member, attempt);
}

/** Tells the other members of a state that was just stored, now or with the window. */
export async function announceState(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  member: Member,
  attempt: number,
): Promise<void> {
  const window = await readWindow(ports, channel);
  const now = ports.clock.now();
  if (window.until <= now && window.pending === undefined && window.flushing === undefined) {
    const head = await readHead(ports, channel);
    const listeners = head ? await listListeners(ports, channel, head) : [];
    if (head && (await lead(ports, spec, channel, window, member, listeners.length))) {
      const to = told(spec, listeners).filter((one) => one !== member.connectionId);
      const id = `lead:${member.version}:${member.connectionId}:${member.changedAt}`;
      await postChanges(ports, spec, channel, to, { updated: [spec.frames.member(member)] }, { wide: head.wide, id });
      return;
    }
  }
  await queueFlush(ports, spec, channel, { members: window.sent.size, again: attempt > 1 });
}

/** Claims the quiet window for one change that is sent now. @returns false when another process was faster */
async function lead(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  window: Window,
  member: Member,
  members: number,
): Promise<boolean> {
  const now = ports.clock.now();
  const until = now + spec.windowMs(members, ports.settings);
  const mark = sentMark(member);
  const sent = new Set([...window.sent].filter((one) => Number.parseInt(one, 10) > now - overlapMs)).add(
    sentMark(member),
  );
  // Claimed for this very change before: the answer was lost.
  const stillQuiet = ex`led = ${mark} OR ((attribute_not_exists(until) OR until = ${window.until}) AND attribute_not_exists(pending) AND attribute_not_exists(flushing))`;
  const led = await ports.connections.update(
    keys.window(channel),
    ex`SET until = ${until}, sent = ${sent}, sentUntil = ${now}, led = ${mark}, ttl = ${expiry(now)}`,
    { when: stillQuiet },
  );
  return led.ok;
}

/**
 * Posts all changes since the last flush, one frame to each member, without the member's own. Only one worker at a time
 * runs it.
 */
export async function flush(ports: Ports, spec: ChannelSpec, { channel, flushAt }: FlushBody): Promise<void> {
  await waitUntil(ports, flushAt);
  const taken = await ports.connections.update(keys.window(channel), ex`SET flushing = ${flushAt} REMOVE pending`, {
    when: ex`pending = ${flushAt} OR flushing = ${flushAt}`,
  });
  if (!taken.ok) return; // an earlier delivery has done it, or an overdue one was replaced
  const window = windowOf(taken.item);
  // This flush was claimed while a slow flush was posting, which has opened a new window since.
  await waitUntil(ports, window.until);
  const readAt = ports.clock.now();
  const head = await readHead(ports, channel);
  const members = head ? await listMembers(ports, channel) : [];
  const present = new Set(members.map((member) => member.connectionId));
  const left = [...window.left].filter((one) => !present.has(one));
  const changed = members.filter(
    (member) => member.changedAt > window.sentUntil - overlapMs && !window.sent.has(sentMark(member)),
  );
  if (head) await postFlush(ports, spec, channel, members, changed, left, { head, window, flushAt });

  const sent = new Set(members.filter((member) => member.changedAt > readAt - overlapMs).map(sentMark));
  const until = ports.clock.now() + spec.windowMs(members.length, ports.settings);
  await ports.connections.update(
    keys.window(channel),
    sent.size > 0
      ? ex`SET sentUntil = ${readAt}, until = ${until}, sent = ${sent} REMOVE flushing`
      : ex`SET sentUntil = ${readAt}, until = ${until} REMOVE flushing, sent`,
    { when: ex`flushing = ${flushAt}` },
  );
  if (window.left.size > 0) await ports.connections.update(keys.window(channel), ex`DELETE left ${window.left}`);
}

async function waitUntil({ clock }: Ports, time: number): Promise<void> {
  await clock.wait(Math.max(0, Math.min(2_000, time - clock.now())));
}

async function postFlush(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  members: readonly Member[],
  changed: readonly Member[],
  left: readonly ConnectionId[],
  { head, window, flushAt }: { head: Head; window: Window; flushAt: number },
): Promise<void> {
  const news = changed.map((member) => ({
    id: member.connectionId,
    isNew: members.length >= spec.bigFrom && member.joinedAt > window.sentUntil - overlapMs,
    text: spec.frames.member(member),
  }));
  const framesFor = (reader: ConnectionId | undefined) => {
    const others = news.filter((one) => one.id !== reader);
    return changeFrames(spec, channel, {
      joined: others.filter((one) => one.isNew).map((one) => one.text),
      left: left.map((one) => spec.frames.left(one, undefined)),
      updated: others.filter((one) => !one.isNew).map((one) => one.text),
    });
  };
  const changedIds = new Set(news.map((one) => one.id));
  const listening = new Set(told(spec, members));
  const readers = [...listening].filter((one) => !changedIds.has(one));
  const through = (id: string) => ({ wide: head.wide, id: `flush:${flushAt}:${id}:${channel}` });
  const send = async (to: readonly ConnectionId[], frames: readonly string[], id: string) => {
    for (const [index, frame] of frames.entries()) {
      await post(ports, spec, channel, to, frame, through(`${id}:${index}`));
    }
  };
  await together([
    send(readers, framesFor(undefined), 'all'),
    ...news.filter((one) => listening.has(one.id)).map((one) => send([one.id], framesFor(one.id), one.id)),
  ]);
  // A member that left while its state was being posted would reappear at the clients, so its leave is sent again.
  const now = await readHead(ports, channel);
  if (!now || now.version === head.version) return;
  const remaining = await listListeners(ports, channel, now);
  const remainingIds = new Set(remaining.map((one) => one.connectionId));
  const ghosts = changed
    .filter((one) => !remainingIds.has(one.connectionId))
    .map((one) => spec.frames.left(one.connectionId, one));
  await postChanges(ports, spec, channel, told(spec, remaining), { left: ghosts }, through('ghosts'));
}

const sentMark = (member: Member): string => `${member.changedAt}@${member.version}@${member.connectionId}`;
