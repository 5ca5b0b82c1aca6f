import type { ChannelName, ConnectionId, EpochMs } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Settings } from '../settings.ts';

/**
 * A channel is what everything live has in common: members who listen, each with a small state of their own, and a log
 * of durable entries. Rooms, branches, instances and live queries differ in what travels, not in how; they describe
 * themselves in a {@link ChannelSpec} and translate. The promises:
 *
 * - **Joining.** A joiner first gets a snapshot, and from then on every entry and change, each entry exactly once: what
 *   the log took before the joiner's place in it comes from the log, what came later from whoever wrote it. Of two who
 *   join at once both end with the truth.
 * - **Order.** Frames that one connection causes reach every member in the order it caused them (the lane processes
 *   them one at a time, and each finishes its posts before the next begins). Between two senders there is no order but
 *   the log's sequence, which is dense and the same for all.
 * - **Acknowledged is kept.** An entry is in the log before anybody hears of it. Repeats (same delivery, same client
 *   message id) are stored once. A process killed between two writes loses nothing that was acknowledged, and leaves
 *   nothing behind for connections that are gone; what it began is finished by the next delivery, or swept.
 * - **State.** The newest state of a member is stored at once and reaches everybody in the end; in between values may be
 *   skipped but never go back.
 * - **Removal** is announced once, by whoever wins it: leave, disconnect, a post answered by 410, or the sweeper.
 * - **Resume.** (epoch, sequence) brings back all that was missed, or says that it cannot. Never a part.
 */
export interface ChannelSpec {
  /** First half of the channel's name, e.g. `room`. */
  readonly kind: string;
  readonly frames: ChannelFrames;
  /** How long changes are collected before they go out together, for so many members. */
  windowMs(members: number, settings: Settings): number;
  /** From so many members on, joining and leaving wait for the window too. */
  readonly bigFrom: number;
  /** How many of the newest entries a joiner gets. */
  entriesInSnapshot(settings: Settings): number;
  /** How long entries are kept; undefined for good. */
  retentionMs(settings: Settings): number | undefined;
  /** Whether members of that form are told of others; all of them without it. */
  hearsOfOthers?(form: string): boolean;
  /**
   * What else follows when members are gone. They have been announced and their rows are still there, so that it is done
   * again where it was cut short.
   */
  removed?(ports: Ports, channel: ChannelName, removal: Removal): Promise<void>;
  /** A live frame that may be larger than one can be, or stand for several. @returns what is posted, in this order */
  fit?(ports: Ports, frame: string, about: Live): Promise<readonly string[]>;
}

/** Members that are gone. */
export interface Removal {
  readonly members: readonly Member[];
  /** How many are left. */
  readonly remaining: number;
  readonly head: Head;
  /** The reason's delivery. */
  readonly by: string;
}

/** What a live frame is about, and how it is spelled. */
export interface Live {
  readonly channel: ChannelName;
  readonly entry: Entry;
  readonly form: string;
}

/**
 * How a channel's news is spelled, as JSON text. Members and entries are written once each and composed; frames stay
 * below {@link maxFrameBytes}.
 */
export interface ChannelFrames {
  /** One member as it stands in snapshots and changes. */
  member(member: Member): string;
  /** One entry as it stands in a snapshot. */
  entry(channel: ChannelName, entry: Entry): string;
  snapshot(channel: ChannelName, snapshot: SnapshotTexts): string;
  /** One who is no member any more; undefined where only its id is known. */
  left(connection: ConnectionId, member: Member | undefined): string;
  /**
   * At least one list is not empty. Lists are applied in the order joined, left, updated.
   * @returns undefined when nobody need hear of it
   */
  changes(channel: ChannelName, changes: ChangeTexts): string | undefined;
  /** A live entry, for members of that form. */
  live(channel: ChannelName, entry: Entry, form: string): string;
}

export interface SnapshotTexts {
  readonly self: ConnectionId;
  /** Every member, the joiner included, as `frames.member` wrote them. */
  readonly members: readonly { readonly id: ConnectionId; readonly text: string }[];
  /** Oldest first, as `frames.entry` wrote them. */
  readonly entries: readonly string[];
  /** Given to those who resume, and to nobody else. */
  readonly position: { readonly epoch: string; readonly sequence: number; readonly recovered: boolean } | undefined;
}

export interface ChangeTexts {
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly updated: readonly string[];
}

/** Who listens. */
export interface Member {
  readonly connectionId: ConnectionId;
  /** JSON text fixed at the join: who they are. */
  readonly about: string;
  /** JSON text that changes: presence, cursor. */
  readonly state: string;
  /** 1 at the join, one more with every state. */
  readonly version: number;
  readonly joinedAt: EpochMs;
  /** When its row was written. */
  readonly enteredAt: EpochMs;
  /** When its state was changed last; 0 while it is the one it joined with. */
  readonly changedAt: EpochMs;
  readonly expiresAt: EpochMs;
  /** Entries above this number are delivered by who writes them. Undefined until the joiner's snapshot is out. */
  readonly from: number | undefined;
  /** How live entries are spelled for it, as the capability names it. */
  readonly form: string;
  /** What it listens for, where one connection may listen for several things; see `interests.ts`. */
  readonly interests: ReadonlySet<string>;
}

/** One durable entry. A sealed one stands for a number whose writer died; it is never shown. */
export interface Entry {
  readonly sequence: number;
  readonly epoch: string;
  /** Never before the entry before it. */
  readonly at: EpochMs;
  /** The connection that wrote it. */
  readonly from: ConnectionId;
  /** The delivery that wrote it. */
  readonly request: string;
  /** JSON text, without what stands above. */
  readonly body: string;
  /** The blob that has the body, where it is too large for an item. */
  readonly blob?: string;
  readonly sealed: boolean;
}

export interface Head {
  /** Changes when the log starts over. */
  readonly epoch: string;
  /** The last number taken; 0 for an empty log. */
  readonly sequence: number;
  /** When it was taken. */
  readonly at: EpochMs;
  /** Counts joins and leaves: a member list read at one version is good until the next. */
  readonly version: number;
  /** Posts go through the fan-out queue, all of them, so that they cannot overtake each other. */
  readonly wide: boolean;
  /** Of a document: whose it is. One that belonged to somebody else starts over. */
  readonly of: string | undefined;
  /** Entries up to this number are in the snapshot, or gone with what was before; 0 at first. */
  readonly start: number;
  readonly snapshot: string | undefined;
  /** What is kept, in bytes of UTF-8: the snapshot and all entries after it. */
  readonly size: number;
  /** When the first entry since the start came. */
  readonly startedAt: EpochMs | undefined;
  /** Numbers up to this one were taken before the document started over last: some of their entries may still come. */
  readonly before: number;
  /** Rows up to this number have been deleted. */
  readonly swept: number;
  /** Who the document belongs to knows of this log. */
  readonly noted: boolean;
}

/** API Gateway posts 128 KB at most. */
export const maxFrameBytes = 128 * 1024;

/** Up to so many recipients a handler posts itself. */
export const directRecipients = 300;
/** Above, so many to a shard. */
export const shardRecipients = 200;
