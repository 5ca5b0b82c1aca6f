import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';
import { isObject } from '../core/json.ts';

/**
 * Rooms as openlivesync's clients know them. A client joins one room at a time, receives the presence of its members,
 * updates its own, broadcasts events and chats. There are no separate acknowledgements: a client learns of success by
 * the effect, such as its `room_joined` or its own `chat_message`. Absent optional fields are omitted, never null.
 */

export const RoomId = () =>
  z
    .string()
    .check(
      z.minLength(1, 'a room id has at least one character'),
      z.maxLength(256, 'a room id has at most 256 characters'),
      z.describe('Name of a room: any text of 1 to 256 characters.'),
    );
const ConnectionId = () =>
  z.string().check(z.describe('The same in all rooms that a socket joins; a reconnect brings a new one.'));
/** Not rebuilt: a schema that rebuilds objects would lose keys like `__proto__`. */
const JsonObject = () =>
  z
    .custom<Record<string, unknown>>(isObject, { error: 'expected an object' })
    .check(z.meta({ type: 'object', description: 'Any JSON object.' }));
const EpochMs = () => z.int().check(z.describe('Milliseconds since 1970.'));

export const PresenceEntry = () =>
  z.object({
    connectionId: ConnectionId(),
    userId: z.optional(z.string()),
    name: z.optional(z.string()).check(z.describe('Chosen by the client itself unless there is a userId.')),
    email: z.optional(z.string()).check(z.describe('Chosen by the client itself unless there is a userId.')),
    provider: z.optional(z.string()),
    presence: JsonObject(),
  });

export const StoredChatMessage = () =>
  z.object({
    id: z.string(),
    roomId: RoomId(),
    connectionId: ConnectionId(),
    userId: z.optional(z.string()),
    message: z.string(),
    metadata: z.optional(JsonObject()),
    createdAt: EpochMs(),
  });

const PresenceById = () => z.record(z.string(), PresenceEntry());
const DisplayText = () => z.nullish(z.string().check(z.maxLength(256)));
const Resume = () =>
  z.union([
    z.literal(true),
    z.object({ epoch: z.string().check(z.minLength(1), z.maxLength(64)), sequence: z.int().check(z.minimum(0)) }),
  ]);

/** A whole number, which a query has as text. */
const queryNumber = (low: number, high: number) =>
  z.pipe(
    z.pipe(
      z.string().check(z.regex(/^\d{1,9}$/, `expected a whole number from ${low} to ${high}`)),
      z.transform(Number),
    ),
    z.number().check(z.minimum(low), z.maximum(high)),
  );

const socketAccess = { caller: { anonymousIn: 'rooms' }, scope: 'write' } as const;
const readAccess = { caller: { anonymousIn: 'rooms' }, scope: 'read' } as const;

/** The channel kind of rooms. */
export const roomKind = 'room';

export const roomsContract = {
  operations: {
    join: operation({
      summary:
        'Join a room, and leave the current one. The server tells all other members, and sends you their presence and the newest messages.',
      access: socketAccess,
      errors: ['not_logged_in', 'too_large'],
      input: () =>
        z.object({
          roomId: RoomId(),
          presence: z.nullish(JsonObject()),
          accessToken: z
            .nullish(z.string().check(z.maxLength(8_192)))
            .check(z.describe('Session key, API key or JWT. The server treats an invalid one as absent.')),
          name: DisplayText(),
          email: DisplayText(),
          resume: z
            .optional(Resume())
            .check(
              z.describe(
                'For Chorus clients. True: request sequence numbers. A place: request the messages missed since then.',
              ),
            ),
        }),
      output: () => z.void(),
      socket: {
        dialect: 'openlivesync',
        type: 'join_room',
        reply: 'room_joined',
        ordered: true,
        credentialIn: 'accessToken',
      },
    }),
    leave: operation({
      summary:
        'Leave the room. The server tells the other members once. There is no answer, and no further frames of that room follow.',
      access: socketAccess,
      errors: [],
      input: () =>
        z.object({
          roomId: z
            .optional(z.string())
            .check(z.describe('The server ignores a leave that names another room than the current one.')),
        }),
      output: () => z.void(),
      socket: { dialect: 'openlivesync', type: 'leave_room', ordered: true },
    }),
    updatePresence: operation({
      summary:
        'Replace your presence. The server sends the newest value to all other members, at once or at the end of a throttling window.',
      access: socketAccess,
      errors: ['too_large'],
      input: () => z.object({ presence: JsonObject() }),
      output: () => z.void(),
      socket: { dialect: 'openlivesync', type: 'update_presence', ordered: true },
    }),
    broadcast: operation({
      summary: 'Broadcast an event to all other members of the room, in the order sent. The server does not store it.',
      access: socketAccess,
      errors: ['too_large'],
      input: () =>
        z.object({
          event: z.string().check(z.minLength(1, 'an event has a name')),
          payload: z.optional(z.unknown()),
        }),
      output: () => z.void(),
      socket: { dialect: 'openlivesync', type: 'broadcast_event', ordered: true },
    }),
    chat: operation({
      summary: 'Send a chat message. The server stores it, and then broadcasts it to all members, including you.',
      access: socketAccess,
      errors: ['too_large'],
      input: () =>
        z.object({
          message: z.string(),
          metadata: z.optional(JsonObject()),
          messageId: z
            .optional(z.string().check(z.minLength(1), z.maxLength(64)))
            .check(
              z.describe(
                'For Chorus clients: if a message with this id is repeated within ten minutes, the server does not store it again, and echoes it only to its sender.',
              ),
            ),
        }),
      output: () => z.void(),
      socket: { dialect: 'openlivesync', type: 'send_chat', reply: 'chat_message', ordered: true },
    }),
    history: operation({
      summary:
        "Read a page of a room's messages. Pages count back from the newest message; within a page the oldest comes first.",
      access: readAccess,
      errors: ['not_logged_in'],
      input: () =>
        z.object({
          roomId: RoomId(),
          limit: z.optional(queryNumber(1, 1_000)).check(z.describe('The most messages to return; default 100.')),
          offset: z
            .optional(queryNumber(0, 999_999_999))
            .check(z.describe('How many of the newest messages to skip; default 0.')),
          before: z
            .optional(z.string().check(z.maxLength(64)))
            .check(z.describe('Return only messages older than the one with this id.')),
        }),
      output: () => z.object({ roomId: RoomId(), messages: z.array(StoredChatMessage()) }),
      http: { method: 'GET', path: '/rooms/{roomId}/chat' },
    }),
    presence: operation({
      summary: 'Read the presence of all members of a room.',
      access: readAccess,
      errors: ['not_logged_in'],
      input: () => z.object({ roomId: RoomId() }),
      output: () => z.object({ roomId: RoomId(), presence: PresenceById() }),
      http: { method: 'GET', path: '/rooms/{roomId}/presence' },
    }),
  },
  pushes: {
    joined: push({
      summary:
        'You have joined. This replaces all that you know of the room; what does not fit into one frame follows at once.',
      dialect: 'openlivesync',
      type: 'room_joined',
      payload: () =>
        z.object({
          roomId: RoomId(),
          connectionId: ConnectionId(),
          presence: PresenceById().check(z.describe('By connection id, your own entry included.')),
          chatHistory: z.array(StoredChatMessage()).check(z.describe('Oldest first.')),
          epoch: z
            .optional(z.string())
            .check(z.describe('Only for clients that sent `resume`, like the next two fields.')),
          sequence: z.optional(z.int()),
          recovered: z
            .optional(z.boolean())
            .check(z.describe('True: chatHistory is empty, and the missed messages follow as chat_message.')),
        }),
    }),
    presenceUpdated: push({
      summary: 'Members who joined, left or updated their presence. Apply the lists in this order.',
      dialect: 'openlivesync',
      type: 'presence_updated',
      payload: () =>
        z.object({
          roomId: z.string(),
          joined: z.optional(z.array(PresenceEntry())),
          left: z.optional(z.array(ConnectionId())),
          updated: z.optional(z.array(PresenceEntry())),
        }),
    }),
    event: push({
      summary: 'An event that another member broadcasts.',
      dialect: 'openlivesync',
      type: 'broadcast_event',
      payload: () =>
        z.object({
          roomId: RoomId(),
          connectionId: ConnectionId(),
          userId: z.optional(z.string()),
          event: z.string(),
          payload: z.optional(z.unknown()),
        }),
    }),
    message: push({
      summary: 'A chat message, already stored; you receive your own too.',
      dialect: 'openlivesync',
      type: 'chat_message',
      payload: () =>
        z.extend(StoredChatMessage(), {
          sequence: z.optional(z.int()).check(z.describe('Only for clients that sent `resume`.')),
        }),
    }),
  },
} as const satisfies Contract;
