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

/** What a program sees of `connectRooms`. */

export interface RoomsOptions {
  /** e.g. `wss://example.com/live` */
  readonly url: string;
  /** Session key, API key or JWT; a function is asked before every attempt. None: anonymous. */
  readonly token?: Token;
  /** @default the global one */
  readonly WebSocket?: SocketConstructor;
  /** Shortest time between two presence updates on the wire; the last value always goes out. @default 100 */
  readonly presenceThrottleMs?: number;
  /** Messages kept in `history`. @default 500 */
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
  /** Display name and address of somebody without a token. */
  readonly name?: string;
  readonly email?: string;
}

export interface Joined {
  readonly roomId: string;
  readonly connectionId: string;
  /** False: `history` is new from the beginning. True: all that was missed follows as `chat`. */
  readonly recovered: boolean;
}

export interface RoomsEvents {
  status: Status;
  /** After `join`, and after every reconnect; `presence` and `history` are those of the room now. */
  joined: Joined;
  /** Somebody came, left or changed; `presence` has it already. */
  presence: PresenceUpdatedPayload;
  event: BroadcastEventRelayPayload;
  /** One message, one's own included, each exactly once; those in a snapshot are only in `history`. */
  chat: StoredChatMessage;
  error: RoomsError;
}

export interface Rooms {
  readonly status: Status;
  /** The room one is in, or on the way into. */
  readonly roomId: string | undefined;
  readonly connectionId: string | undefined;
  /** By connection id, one's own included. */
  readonly presence: ReadonlyMap<string, PresenceEntry>;
  /** Oldest first; a new array after every change. */
  readonly history: readonly StoredChatMessage[];
  /** Enters a room, leaving the one before. Also before the socket is open. Rejects with a RoomsError. */
  join(roomId: string, options?: JoinOptions): Promise<Joined>;
  leave(): void;
  /** Replaces one's presence. @throws RoomsError PAYLOAD_TOO_LARGE */
  updatePresence(presence: Presence): void;
  /** Relays an event to everyone else in the room, at most once. False in no room. @throws RoomsError PAYLOAD_TOO_LARGE */
  broadcast(event: string, payload?: unknown): boolean;
  /** Resolves with the stored message when its echo arrives, however often the socket breaks in between. */
  chat(message: string, metadata?: Readonly<Record<string, unknown>>): Promise<StoredChatMessage>;
  /** Answers the function that takes the listener off again. */
  on<Name extends keyof RoomsEvents>(name: Name, listener: (event: RoomsEvents[Name]) => void): () => void;
  /** For good. What has no answer yet rejects with CLOSED. */
  close(): void;
}
