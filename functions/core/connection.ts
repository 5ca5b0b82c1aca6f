import type { Identity } from './caller.ts';
import type { ChannelName, ConnectionId, EpochMs, UserId } from './names.ts';

/** What a socket said of itself when it logged in, where its protocol has that. */
export interface Login {
  /** The client's own id, which peers see and address; several connections may have the same. */
  readonly connectionId: string;
  /** Null: anonymous. */
  readonly userId: UserId | null;
  readonly sessionId: string | null;
  /** A token opens insts in records only if they are this one; absent without a token. */
  readonly scope?: { readonly recordName: string | null; readonly inst: string };
}

/**
 * One open WebSocket as its row in the connections table remembers it. Everything a frame needs from the handshake is
 * here, since API Gateway repeats none of it. The row goes when the socket does; it expires 2 h 10 min after the start.
 */
export interface Connection {
  readonly id: ConnectionId;
  readonly dialect: string;
  /** The path the client asked for, e.g. `/live`. */
  readonly path: string;
  readonly ip: string;
  /** `Origin` of the page that opened it. */
  readonly origin?: string;
  readonly identity: Identity | undefined;
  /** Absent until it has logged in. */
  readonly login?: Login;
  /** Display data an anonymous caller gave of themselves: self-declared, each set once. */
  readonly name?: string;
  readonly email?: string;
  /** Channels it has joined. Listed before the member row is written, so that nothing is ever left behind. */
  readonly channels: ReadonlySet<ChannelName>;
  /** What it has subscribed to; see `core/subscriptions.ts`. */
  readonly subscriptions: ReadonlySet<string>;
  /** How often somebody has signed in or out over it by message. */
  readonly signIns: number;
  /** Place in the lane of the last frame that took it into a channel or out of one. */
  readonly movedBy?: string;
  readonly connectedAt: EpochMs;
  readonly expiresAt: EpochMs;
  /** False: it asked, when it was opened, for subscriptions whose first result is not pushed as well. */
  readonly initialPush?: false;
  /** Some frame went in or out after this time, give or take two minutes. */
  readonly quietSince: EpochMs;
  /** Its client answers pings, and so is known to be there by what it sends. */
  readonly answersPings: boolean;
  /** When it was pinged; absent once it has sent anything since. */
  readonly pingedAt?: EpochMs;
  /** What we say first has been said. */
  readonly greeted: boolean;
  /** One too many of its address: it is told so and ended. */
  readonly isTurnedAway: boolean;
  /** Where it has sent too much. */
  readonly limited?: Limited;
  /** When it was told so last. */
  readonly warnedAt?: EpochMs;
}

/** Frames are refused for a while. */
export interface Limited {
  readonly until: EpochMs;
  /** How many there were when that was found out. */
  readonly hits: number;
}

/** API Gateway closes sockets after two hours; a row outlives that a little. */
export const connectionLifetimeMs = 130 * 60_000;
