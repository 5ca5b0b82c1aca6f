import type { Clock } from './clock.ts';
import type { SocketConstructor, Status, Token } from './connection.ts';
import type { RoomsError } from './errors.ts';
import type {
  BroadcastEventRelayPayload,
  Presence,
  PresenceEntry,
  PresenceUpdatedPayload,
  StoredChatMessage,
} from './protocol.ts';

/** The public types of `connectRooms`. */

export interface RoomsOptions {
  /** e.g. `wss://example.com/live` */
  readonly url: string;
  /** Session key, API key or JWT; a function is called before every attempt. Absent: anonymous. */
  readonly token?: Token;
  /** @default the global one */
  readonly WebSocket?: SocketConstructor;
  /** Shortest time between two presence updates to the server; the last value is always sent. @default 100 */
  readonly presenceThrottleMs?: number;
  /** How many messages `history` keeps. @default 500 */
  readonly historyLimit?: number;
  /** How long an answer may take before the socket counts as dead. @default 10000 */
  readonly answerTimeoutMs?: number;
  /** The delay before the n-th attempt to reconnect is random below min × 2^n, at most max. @default 500 and 30000 */
  readonly reconnect?: { readonly minDelayMs?: number; readonly maxDelayMs?: number };
  readonly clock?: Clock;
  /** 0 up to 1. @default Math.random */
  readonly random?: () => number;
}

export interface JoinOptions {
  readonly presence?: Presence;
  /** Display name and email address of a client without a token. */
  readonly name?: string;
  readonly email?: string;
}

export interface Joined {
  readonly roomId: string;
  readonly connectionId: string;
  /** False: `history` was replaced. True: the missed messages follow as `chat`. */
  readonly recovered: boolean;
}

export interface RoomsEvents {
  status: Status;
  /** After `join`, and after every reconnect. `presence` and `history` then belong to this room. */
  joined: Joined;
  /** Members joined, left or updated their presence; `presence` already includes the changes. */
  presence: PresenceUpdatedPayload;
  event: BroadcastEventRelayPayload;
  /** A chat message, your own included, each exactly once. Messages in a snapshot are only in `history`. */
  chat: StoredChatMessage;
  error: RoomsError;
}

export interface Rooms {
  readonly status: Status;
  /** The room that the client is in, or is joining. */
  readonly roomId: string | undefined;
  readonly connectionId: string | undefined;
  /** By connection id, including your own. */
  readonly presence: ReadonlyMap<string, PresenceEntry>;
  /** Oldest first; a new array after every change. */
  readonly history: readonly StoredChatMessage[];
  /** Joins a room, and leaves the previous one. May be called before the socket is open. Rejects with a RoomsError. */
  join(roomId: string, options?: JoinOptions): Promise<Joined>;
  leave(): void;
  /** Replaces your presence. @throws RoomsError PAYLOAD_TOO_LARGE */
  updatePresence(presence: Presence): void;
  /**
   * Broadcasts an event to all other members, at most once. False outside a room. @throws RoomsError PAYLOAD_TOO_LARGE
   */
  broadcast(event: string, payload?: unknown): boolean;
  /** Resolves with the stored message when its echo arrives, however often the socket breaks in between. */
  chat(message: string, metadata?: Readonly<Record<string, unknown>>): Promise<StoredChatMessage>;
  /** Returns a function that removes the listener. */
  on<Name extends keyof RoomsEvents>(name: Name, listener: (event: RoomsEvents[Name]) => void): () => void;
  /** Closes permanently. Pending promises reject with CLOSED. */
  close(): void;
}
