import type { Identity } from './caller.ts';
import type { ChannelName, ConnectionId, EpochMs } from './names.ts';

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
  /** Display data an anonymous caller gave of themselves: self-declared, each set once. */
  readonly name?: string;
  readonly email?: string;
  /** Channels it has joined. Listed before the member row is written, so that nothing is ever left behind. */
  readonly channels: ReadonlySet<ChannelName>;
  /** Place in the lane of the last frame that took it into a channel or out of one. */
  readonly movedBy?: string;
  readonly connectedAt: EpochMs;
  readonly expiresAt: EpochMs;
  /** Some frame went in or out after this time, give or take two minutes. */
  readonly quietSince: EpochMs;
  /** Frames are refused until then (rate limit). */
  readonly limitedUntil?: EpochMs;
}

/** API Gateway closes sockets after two hours; a row outlives that a little. */
export const connectionLifetimeMs = 130 * 60_000;
