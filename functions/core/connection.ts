import type { Identity } from './caller.ts';
import type { ChannelName, ConnectionId, EpochMs, UserId } from './names.ts';

/** The login of a socket, in protocols that have one. */
export interface Login {
  /** The id that the client chose, by which peers see and address it; several connections may have the same. */
  readonly connectionId: string;
  /** Null: anonymous. */
  readonly userId: UserId | null;
  readonly sessionId: string | null;
  /** The only inst in a record that the login's token gives access to; absent without a token. */
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
  /** Display data from an anonymous client, unverified; each field is set once. */
  readonly name?: string;
  readonly email?: string;
  /**
   * Channels it has joined. A channel is listed before the member row is written, so that removal finds every member
   * row.
   */
  readonly channels: ReadonlySet<ChannelName>;
  /** What it has subscribed to; see `core/subscriptions.ts`. */
  readonly subscriptions: ReadonlySet<string>;
  /** How often the client has signed in or out by message. */
  readonly signIns: number;
  /** Place in the lane of the last frame that made it join or leave a channel. */
  readonly movedBy?: string;
  readonly connectedAt: EpochMs;
  readonly expiresAt: EpochMs;
  /** False: the client asked at the upgrade that the server does not also push the first result of a subscription. */
  readonly initialPush?: false;
  /** Time of the last frame in either direction, accurate to two minutes. */
  readonly quietSince: EpochMs;
  /** Its client answers pings, so only frames that it sends show that it is alive. */
  readonly answersPings: boolean;
  /** When the server pinged it; absent once it has sent anything since. */
  readonly pingedAt?: EpochMs;
  /** The server has sent its greeting. */
  readonly greeted: boolean;
  /** Its IP address has too many sockets: the server tells it so and closes it. */
  readonly isTurnedAway: boolean;
  /** Set after it has sent too much. */
  readonly limited?: Limited;
  /** When the server last told it so. */
  readonly warnedAt?: EpochMs;
}

/** The server refuses the connection's frames for a while. */
export interface Limited {
  readonly until: EpochMs;
  /** How many frames there were when the limit was exceeded. */
  readonly hits: number;
}

/** API Gateway closes sockets after two hours; a row outlives that a little. */
export const connectionLifetimeMs = 130 * 60_000;
