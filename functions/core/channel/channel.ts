import type { ChannelName, ConnectionId, EpochMs } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Settings } from '../settings.ts';

/**
 * The primitive under all realtime features: a channel has members, each with a small state, and a log of durable
 * entries. Rooms, branches, instances and live queries differ only in their payloads; each translates, and describes
 * itself in a {@link ChannelSpec}. The promises:
 *
 * - **Joining.** A joiner first gets a snapshot, and then every later entry and change, each entry exactly once:
 *   entries before the joiner's place in the log come from the log, later ones from their writers. Two concurrent
 *   joiners both end with the correct state.
 * - **Order.** Every member receives the frames of one sender in the order sent: the lane processes them one at a time,
 *   and each finishes its posts before the next begins. Between two senders the only order is the log's sequence, which
 *   is dense and the same for all.
 * - **Durability.** An entry is in the log before it is delivered or acknowledged. Repeats (same delivery, same client
 *   message id) are stored once. A process killed between two writes loses no acknowledged entry, and leaves nothing
 *   behind for dead connections; the next delivery, or the sweeper, finishes its work.
 * - **State.** A member's newest state is stored at once and eventually reaches all members. They may miss values in
 *   between, but never see an older value after a newer one.
 * - **Removal** is announced once, by the first of its possible causes: leave, disconnect, a post answered by 410, or
 *   the sweeper.
 * - **Resume.** A client that sends (epoch, sequence) gets all missed entries, or the answer that this is not possible.
 *   It never gets only some of them.
 */
export interface ChannelSpec {
  /** First half of the channel's name, e.g. `room`. */
  readonly kind: string;
  readonly frames: ChannelFrames;
  /** How long the channel collects changes before it sends them together, by the number of members. */
  windowMs(members: number, settings: Settings): number;
  /** From so many members on, joins and leaves wait for the window too. */
  readonly bigFrom: number;
  /** How many of the newest entries a joiner gets. */
  entriesInSnapshot(settings: Settings): number;
  /** How long entries are stored; undefined: for ever. */
  retentionMs(settings: Settings): number | undefined;
  /** Whether members with this form are told of other members. Default: all are. */
  hearsOfOthers?(form: string): boolean;
  /**
   * The capability's own cleanup after a removal. Runs after the announcement and before the member rows are deleted,
   * so that it is repeated if it was cut short.
   */
  removed?(ports: Ports, channel: ChannelName, removal: Removal): Promise<void>;
  /**
   * Converts a live frame that may be too large, or that has to become several. @returns the frames to post, in this
   * order
   */
  fit?(ports: Ports, frame: string, about: Live): Promise<readonly string[]>;
}

/** Members that were removed. */
export interface Removal {
  readonly members: readonly Member[];
  /** How many members remain. */
  readonly remaining: number;
  readonly head: Head;
  /** The delivery that caused the removal. */
  readonly by: string;
}

/** The entry of a live frame, and the form in which it is written. */
export interface Live {
  readonly channel: ChannelName;
  readonly entry: Entry;
  readonly form: string;
}

/**
 * Writes a channel's frames as JSON text. Each member and entry is serialized once and then composed into frames, which
 * stay below {@link maxFrameBytes}.
 */
export interface ChannelFrames {
  /** A member, as snapshots and changes contain it. */
  member(member: Member): string;
  /** An entry, as a snapshot contains it. */
  entry(channel: ChannelName, entry: Entry): string;
  snapshot(channel: ChannelName, snapshot: SnapshotTexts): string;
  /** A member that has left; `member` is undefined if only its id is known. */
  left(connection: ConnectionId, member: Member | undefined): string;
  /**
   * At least one list is not empty. Lists are applied in the order joined, left, updated.
   * @returns undefined when no member needs the frame
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
  /** Only for joiners that resume. */
  readonly position: { readonly epoch: string; readonly sequence: number; readonly recovered: boolean } | undefined;
}

export interface ChangeTexts {
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly updated: readonly string[];
}

/** A connection in a channel. */
export interface Member {
  readonly connectionId: ConnectionId;
  /** JSON text about the user, fixed at the join. */
  readonly about: string;
  /** JSON text that changes: presence, cursor. */
  readonly state: string;
  /** 1 at the join, and one more with every change of the state. */
  readonly version: number;
  readonly joinedAt: EpochMs;
  /** When its row was written. */
  readonly enteredAt: EpochMs;
  /** When its state last changed; 0 while it still has the state with which it joined. */
  readonly changedAt: EpochMs;
  readonly expiresAt: EpochMs;
  /** Writers deliver entries above this number to it. Undefined until the joiner's snapshot has been sent. */
  readonly from: number | undefined;
  /** The form in which it receives live entries, named by the capability. */
  readonly form: string;
  /** What it subscribes to, in channels in which a connection may subscribe to several things; see `interests.ts`. */
  readonly interests: ReadonlySet<string>;
}

/** One durable entry. A sealed one closes the number of a writer that died; clients never see it. */
export interface Entry {
  readonly sequence: number;
  readonly epoch: string;
  /** Never earlier than the previous entry's time. */
  readonly at: EpochMs;
  /** The connection that wrote it. */
  readonly from: ConnectionId;
  /** The delivery that wrote it. */
  readonly request: string;
  /** JSON text, without the fields above. */
  readonly body: string;
  /** The blob with the body, if that is too large for an item. */
  readonly blob?: string;
  readonly sealed: boolean;
}

export interface Head {
  /** Changes when the log starts over. */
  readonly epoch: string;
  /** The last number taken; 0 for an empty log. */
  readonly sequence: number;
  /** When that number was taken. */
  readonly at: EpochMs;
  /** Counts joins and leaves: a list of members is valid as long as this version stays. */
  readonly version: number;
  /** All posts go through the fan-out queue, so that they cannot overtake each other. */
  readonly wide: boolean;
  /** The generation that owns the document. A document of another generation starts over. */
  readonly of: string | undefined;
  /** Entries up to this number are in the snapshot, or were discarded when the document started over; 0 at first. */
  readonly start: number;
  readonly snapshot: string | undefined;
  /** Stored size in bytes of UTF-8: the snapshot and all entries after it. */
  readonly size: number;
  /** When the first entry after the start arrived. */
  readonly startedAt: EpochMs | undefined;
  /**
   * Numbers up to this one were taken before the document last started over. Slow writers may still put some of their
   * entries.
   */
  readonly before: number;
  /** Rows up to this number have been deleted. */
  readonly swept: number;
  /** Whether the document's owner has noted this log. */
  readonly noted: boolean;
}

/** API Gateway's limit for a post. */
export const maxFrameBytes = 128 * 1024;

/** Up to so many recipients, a handler posts directly. */
export const directRecipients = 300;
/** With more, the fan-out queue posts to so many per shard. */
export const shardRecipients = 200;
