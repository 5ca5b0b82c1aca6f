/**
 * The frames of rooms, as they travel: JSON objects `{type, payload?}` in text frames, both ways. Optional fields are left
 * out, never null. Frames above {@link MAX_FRAME_BYTES} do not reach the server.
 */

export const MSG_JOIN_ROOM = 'join_room';
export const MSG_LEAVE_ROOM = 'leave_room';
export const MSG_UPDATE_PRESENCE = 'update_presence';
export const MSG_BROADCAST_EVENT = 'broadcast_event';
export const MSG_SEND_CHAT = 'send_chat';

export const MSG_ROOM_JOINED = 'room_joined';
export const MSG_PRESENCE_UPDATED = 'presence_updated';
/** The same word as {@link MSG_BROADCAST_EVENT}: an event comes out as it went in. */
export const MSG_BROADCAST_EVENT_RELAY = 'broadcast_event';
export const MSG_CHAT_MESSAGE = 'chat_message';
export const MSG_ERROR = 'error';

/** API Gateway's limit for one frame; browsers do not let a program split a message. */
export const MAX_FRAME_BYTES = 32 * 1024;

/** What a member shows of itself: any JSON object. */
export type Presence = Readonly<Record<string, unknown>>;

export interface PresenceEntry {
  /** A new one after every reconnect. */
  readonly connectionId: string;
  readonly userId?: string;
  /** Chosen by the client itself unless there is a `userId`; the same holds for `email`. */
  readonly name?: string;
  readonly email?: string;
  readonly provider?: string;
  readonly presence: Presence;
}

export interface StoredChatMessage {
  readonly id: string;
  readonly roomId: string;
  readonly connectionId: string;
  readonly userId?: string;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** `true` requests positions; a position requests everything since then. */
export type Resume = true | { readonly epoch: string; readonly sequence: number };

export interface JoinRoomPayload {
  readonly roomId: string;
  readonly presence?: Presence;
  readonly accessToken?: string;
  readonly name?: string;
  readonly email?: string;
  readonly resume?: Resume;
}

export interface LeaveRoomPayload {
  readonly roomId?: string;
}

export interface UpdatePresencePayload {
  readonly presence: Presence;
}

export interface BroadcastEventPayload {
  readonly event: string;
  readonly payload?: unknown;
}

export interface SendChatPayload {
  readonly message: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** 1 to 64 characters; a repeat within 10 minutes is stored once and echoed to its sender only. */
  readonly messageId?: string;
}

export type ClientMessage =
  | { readonly type: typeof MSG_JOIN_ROOM; readonly payload: JoinRoomPayload }
  | { readonly type: typeof MSG_LEAVE_ROOM; readonly payload?: LeaveRoomPayload }
  | { readonly type: typeof MSG_UPDATE_PRESENCE; readonly payload: UpdatePresencePayload }
  | { readonly type: typeof MSG_BROADCAST_EVENT; readonly payload: BroadcastEventPayload }
  | { readonly type: typeof MSG_SEND_CHAT; readonly payload: SendChatPayload };

/** The last three fields are only for clients that sent `resume`. */
export interface RoomJoinedPayload {
  readonly roomId: string;
  readonly connectionId: string;
  /** By connection id, the joiner's own entry included. */
  readonly presence: Readonly<Record<string, PresenceEntry>>;
  /** Oldest first. */
  readonly chatHistory: readonly StoredChatMessage[];
  readonly epoch?: string;
  readonly sequence?: number;
  /** True: `chatHistory` is empty, and the missed messages follow as `chat_message`. */
  readonly recovered?: boolean;
}

/** Lists apply in the order joined, left, updated. */
export interface PresenceUpdatedPayload {
  readonly roomId: string;
  readonly joined?: readonly PresenceEntry[];
  readonly left?: readonly string[];
  readonly updated?: readonly PresenceEntry[];
}

export interface BroadcastEventRelayPayload {
  readonly roomId: string;
  readonly connectionId: string;
  readonly userId?: string;
  readonly event: string;
  readonly payload?: unknown;
}

export interface ChatMessagePayload extends StoredChatMessage {
  /** Only for clients that sent `resume`. */
  readonly sequence?: number;
}

export interface ErrorPayload {
  readonly code: string;
  readonly message: string;
}

export type ServerMessage =
  | { readonly type: typeof MSG_ROOM_JOINED; readonly payload: RoomJoinedPayload }
  | { readonly type: typeof MSG_PRESENCE_UPDATED; readonly payload: PresenceUpdatedPayload }
  | { readonly type: typeof MSG_BROADCAST_EVENT_RELAY; readonly payload: BroadcastEventRelayPayload }
  | { readonly type: typeof MSG_CHAT_MESSAGE; readonly payload: ChatMessagePayload }
  | { readonly type: typeof MSG_ERROR; readonly payload: ErrorPayload };
