import type { ChannelName, ConnectionId } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { ChannelSpec, Head, Member } from './channel.ts';
import { directRecipients } from './channel.ts';
import { changeFrames, postChanges, removeGone } from './delivery.ts';
import { liveFrames } from './entry-delivery.ts';
import { collect } from './flush-queue.ts';
import { fitFrame } from './frames.ts';
import { entriesOf, readKept } from './kept.ts';
import type { Stretch } from './log.ts';
import { countMembership, readHead, readStretch, readTail, setWide } from './log.ts';
import type { Entrant } from './members.ts';
import { enter, findMember, findMembers, listMembers, markNew, settleAt, told } from './members.ts';

export interface Joining extends Entrant {
  /** For our own client: `true` requests positions; a position requests the entries missed since then. */
  readonly resume: true | { readonly epoch: string; readonly sequence: number } | undefined;
}

/** With more missed entries the joiner gets a snapshot instead. */
const resumeAtMost = 1_000;

/** Job of the fan-out function: post the entries that were still being written when this member's snapshot was sent. */
export interface CatchUpBody {
  readonly channel: ChannelName;
  readonly connection: ConnectionId;
  readonly after: number;
  readonly to: number;
  readonly form: string;
}

/**
 * Brings a connection into a channel. The order of its steps is what makes the promises hold:
 *
 *     write own row, raise the membership version    from here on everybody's changes and events reach the joiner
 *     read members and log                           (strongly consistent)
 *     post the snapshot
 *     read the head: the joiner's place in the log   everything up to it is the joiner's to read and post,
 *     note it in the row                             everything above is posted by who writes it (`deliverEntry`)
 *     read again, post the difference                whoever joined meanwhile is not lost, whoever left is no ghost
 *     tell the others
 *
 * @returns false when the connection is gone
 */
export async function join(ports: Ports, spec: ChannelSpec, channel: ChannelName, joining: Joining): Promise<boolean> {
  if (!(await enter(ports, channel, joining))) return false;
  const head = await countMembership(ports, channel);
  const [members, past] = await Promise.all([
    listMembers(ports, channel),
    readPast(ports, spec, channel, head, joining.resume),
  ]);
  const self = joining.connectionId;
  const tell = async (frames: readonly string[]): Promise<boolean> => {
    for (const frame of frames) {
      const { gone } = await ports.gateway.post([self], frame);
      if (gone.length === 0) continue;
      await removeGone(ports, spec, channel, gone);
      return false;
    }
    return true;
  };

  if (!(await tell(snapshotFrames(spec, channel, joining, members, past, head)))) return false;
  const place = (await readHead(ports, channel)) ?? head;
  const missing = { channel, connection: self, after: past.reached, to: place.sequence, form: joining.form };
  await catchUp(ports, spec, missing, place);
  if (!(await settleAt(ports, channel, joining, place.sequence))) return false; // removed meanwhile, and announced
  const present = await tellDifference(ports, spec, channel, self, members, tell);
  if (!present) return false;
  await announce(ports, spec, channel, joining, present, place);
  return true;
}

interface Past extends Stretch {
  /** Entries up to this number are in `entries`, or older than the requested ones. */
  readonly reached: number;
  readonly recovered: boolean;
}

async function readPast(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  head: Head,
  resume: Joining['resume'],
): Promise<Past> {
  const retentionMs = spec.retentionMs(ports.settings);
  if (typeof resume === 'object' && resume.epoch === head.epoch) {
    const missed = head.sequence - resume.sequence;
    if (missed >= 0 && missed <= resumeAtMost) {
      const stretch = await readStretch(ports, channel, resume.sequence, head, retentionMs);
      if (!stretch.expired) return upToFirstPending(stretch, head, true);
    }
  }
  const limit = spec.entriesInSnapshot(ports.settings);
  return upToFirstPending(await readTail(ports, channel, head, { limit, retentionMs }), head, false);
}

/** Entries after one that is still being written are left for later, to keep the order. */
function upToFirstPending(stretch: Stretch, head: Head, recovered: boolean): Past {
  const reached = (stretch.pending[0] ?? head.sequence + 1) - 1;
  const entries = stretch.entries.filter((entry) => entry.sequence <= reached && !entry.sealed);
  return { ...stretch, entries, reached, recovered };
}

function snapshotFrames(
  spec: ChannelSpec,
  channel: ChannelName,
  joining: Joining,
  members: readonly Member[],
  past: Past,
  head: Head,
): string[] {
  const self = joining.connectionId;
  const texts = members.map((member) => ({ id: member.connectionId, text: spec.frames.member(member) }));
  const inSnapshot = past.recovered ? [] : past.entries;
  const fitted = fitFrame(
    self,
    texts,
    inSnapshot.map((entry) => spec.frames.entry(channel, entry)),
  );
  // If entries follow in further frames, a client that disconnects before it gets them must resume from before them.
  const cut = fitted.restOfEntries > 0 ? inSnapshot.at(-fitted.restOfEntries) : undefined;
  const sequence = cut ? cut.sequence - 1 : past.reached;
  const position = joining.resume ? { epoch: head.epoch, sequence, recovered: past.recovered } : undefined;
  const rest = past.recovered ? past.entries : inSnapshot.slice(inSnapshot.length - fitted.restOfEntries);
  return [
    spec.frames.snapshot(channel, { self, members: fitted.members, entries: fitted.entries, position }),
    ...changeFrames(spec, channel, { joined: fitted.restOfMembers }),
    ...rest.map((entry) => spec.frames.live(channel, entry, joining.form)),
  ];
}

/**
 * Reads members again, and posts the changes that the joiner does not know yet. Later changes come from their writers,
 * possibly before this post. So members that were just posted are read again, until they no longer change.
 * @returns the second reading; undefined when the joiner is gone
 */
async function tellDifference(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  self: ConnectionId,
  told: readonly Member[],
  tell: (frames: readonly string[]) => Promise<boolean>,
): Promise<readonly Member[] | undefined> {
  const members = await listMembers(ports, channel);
  let news = difference(self, told, members);
  for (let round = 0; round < 10; round++) {
    const { joined, left, updated } = news;
    const textsOf = (these: readonly Member[]) => these.map(spec.frames.member);
    const gone = left.map((member) => spec.frames.left(member.connectionId, member));
    const frames = changeFrames(spec, channel, { joined: textsOf(joined), left: gone, updated: textsOf(updated) });
    if (frames.length === 0) break;
    if (!(await tell(frames))) return undefined;
    const shown = [...joined, ...updated];
    const mentioned = [...shown, ...left].map((member) => member.connectionId);
    news = difference(self, shown, await findMembers(ports, channel, mentioned));
  }
  return members;
}

interface Difference {
  readonly joined: readonly Member[];
  readonly left: readonly Member[];
  readonly updated: readonly Member[];
}

function difference(self: ConnectionId, before: readonly Member[], now: readonly Member[]): Difference {
  const known = new Map(before.map((member) => [member.connectionId, member]));
  const still = new Set(now.map((member) => member.connectionId));
  const others = now.filter((member) => member.connectionId !== self);
  return {
    joined: others.filter((member) => !known.has(member.connectionId)),
    left: before.filter(({ connectionId }) => connectionId !== self && !still.has(connectionId)),
    updated: others.filter((member) => {
      const old = known.get(member.connectionId);
      return old && (old.version !== member.version || old.joinedAt !== member.joinedAt);
    }),
  };
}

/** How long a join waits for entries that are being written, in ms; after that the fan-out function waits. */
const writersPatienceMs = [0, 5, 10, 20, 40, 80, 160];

/** Posts the entries between the joiner's snapshot and its place in the log, in order. */
export async function catchUp(ports: Ports, spec: ChannelSpec, body: CatchUpBody, place: Head): Promise<void> {
  let rest = body;
  for (const patience of writersPatienceMs) {
    if (rest.after >= rest.to) return;
    await ports.clock.wait(patience);
    rest = await postStretch(ports, spec, rest, place);
  }
  if (rest.after >= rest.to) return;
  const id = `catch-up:${rest.connection}:${rest.after}`;
  await ports.fanOut.send([{ kind: 'catch-up', group: `catch-up:${rest.connection}`, id, body: rest }]);
}

/** Posts the entries that have been written. @returns the rest, which is still missing */
export async function postStretch(
  ports: Ports,
  spec: ChannelSpec,
  body: CatchUpBody,
  place: Head,
): Promise<CatchUpBody> {
  const { channel, connection, to, form } = body;
  const { entries, reached } = await readMissed(ports, spec, body, place);
  for (const entry of entries) {
    for (const frame of await liveFrames(ports, spec, { channel, entry, form })) {
      const { gone } = await ports.gateway.post([connection], frame);
      if (gone.length > 0) return { ...body, after: to };
    }
  }
  return { ...body, after: reached };
}

async function readMissed(ports: Ports, spec: ChannelSpec, { channel, after, to }: CatchUpBody, place: Head) {
  if (place.of !== undefined) {
    const kept = await readKept(ports, channel, place, after);
    return { entries: entriesOf(kept), reached: kept.reached };
  }
  const upTo = { ...place, sequence: to };
  const stretch = await readStretch(ports, channel, after, upTo, spec.retentionMs(ports.settings));
  return upToFirstPending(stretch, upTo, false);
}

/** Tells the other members. Those that join after the last reading of members find the joiner in their own. */
async function announce(
  ports: Ports,
  spec: ChannelSpec,
  channel: ChannelName,
  joining: Joining,
  members: readonly Member[],
  { wide }: Head,
): Promise<void> {
  const self = joining.connectionId;
  const own = members.find((member) => member.connectionId === self);
  if (!own) return;
  if (members.length >= spec.bigFrom) {
    if (!wide && members.length > directRecipients) await setWide(ports, channel, true);
    await markNew(ports, channel, self);
    await collect(ports, spec, channel, { members: members.length, again: true });
    return;
  }
  const to = told(spec, members).filter((id) => id !== self);
  const through = { wide, id: `joined:${joining.request}` };
  await postChanges(ports, spec, channel, to, { joined: [spec.frames.member(own)] }, through);
  // Removed meanwhile: `left` may have been sent before `joined`, so it is sent again.
  const stillIn = await findMember(ports, channel, self);
  if (!stillIn)
    await postChanges(
      ports,
      spec,
      channel,
      to,
      { left: [spec.frames.left(self, own)] },
      { ...through, id: `undone:${joining.request}` },
    );
}
