import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';
import { isObject } from '../core/json.ts';

/**
 * Rooms as openlivesync's clients know them. A client joins one room at a time, hears who is there, moves its presence,
 * relays events and chats. Nothing is acknowledged on the wire but by its effect: the joiner's `room_joined`, the
 * sender's own `chat_message`. Optional fields are left out, never null.
 */

export const RoomId = () =>
  z
    .string()
    .check(
      z.minLength(1, 'a room id has at least one character'),
      z.maxLength(256, 'a room id has at most 256 characters'),
      z.describe('Names a room; any text of 1 to 256 characters.'),
    );
const ConnectionId = () =>
  z.string().check(z.describe('The same for all rooms joined over one socket; a new one after a reconnect.'));
/** Kept as it is, key for key: a schema that rebuilds objects would lose keys like `__proto__`. */
const JsonObject = () =>
  z
    .custom<Record<string, unknown>>(isObject, { error: 'expected an object' })
    .check(z.meta({ type: 'object', description: 'Any JSON object.' }));
const EpochMs = () => z.int().check(z.describe('Milliseconds since 1970.'));

export const PresenceEntry = () =>
  z.object({
    connectionId: ConnectionId(),
    userId: z.optional(z.string()),
    name: z.optional(z.string()).check(z.describe('Self-declared unless there is a userId.')),
    email: z.optional(z.string()).check(z.describe('Self-declared unless there is a userId.')),
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

/** Whole numbers as a query spells them. */
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

/** The kind of channel that a room is. */
export const roomKind = 'room';

export const roomsContract = {
  operations: {
    join: operation({
      summary:
        'Enter a room, leaving the one you are in. Everyone already inside hears about it; you receive who is there and the newest messages.',
      access: socketAccess,
      errors: ['not_logged_in', 'too_large'],
      input: () =>
        z.object({
          roomId: RoomId(),
          presence: z.nullish(JsonObject()),
          accessToken: z
            .nullish(z.string().check(z.maxLength(8_192)))
            .check(z.describe('Session key, API key or JWT; a bad one counts as none.')),
          name: DisplayText(),
          email: DisplayText(),
          resume: z
            .optional(Resume())
            .check(z.describe('Chorus clients: ask for sequence numbers, or for what was missed since.')),
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
      summary: 'Leave the room. Everyone else hears of it once; there is no answer, and no later traffic of that room.',
      access: socketAccess,
      errors: [],
      input: () =>
        z.object({
          roomId: z.optional(z.string()).check(z.describe('Another room than the current one: ignored.')),
        }),
      output: () => z.void(),
      socket: { dialect: 'openlivesync', type: 'leave_room', ordered: true },
    }),
    updatePresence: operation({
      summary: 'Replace your presence. Everyone else receives the newest value, at once or at the end of the window.',
      access: socketAccess,
      errors: ['too_large'],
      input: () => z.object({ presence: JsonObject() }),
      output: () => z.void(),
      socket: { dialect: 'openlivesync', type: 'update_presence', ordered: true },
    }),
    broadcast: operation({
      summary: 'Relay an event to everyone else in the room, in the order sent. It is not stored.',
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
      summary: 'Say something. It is stored, then everyone in the room receives it, you included.',
      access: socketAccess,
      errors: ['too_large'],
      input: () =>
        z.object({
          message: z.string(),
          metadata: z.optional(JsonObject()),
          messageId: z
            .optional(z.string().check(z.minLength(1), z.maxLength(64)))
            .check(
              z.describe('Chorus clients: a repeat within ten minutes is stored once and echoed to its sender only.'),
            ),
        }),
      output: () => z.void(),
      socket: { dialect: 'openlivesync', type: 'send_chat', reply: 'chat_message', ordered: true },
    }),
    history: operation({
      summary: "Read a room's messages: pages counted back from the newest, each oldest first.",
      access: readAccess,
      errors: ['not_logged_in'],
      input: () =>
        z.object({
          roomId: RoomId(),
          limit: z.optional(queryNumber(1, 1_000)).check(z.describe('Messages at most; default 100.')),
          offset: z
            .optional(queryNumber(0, 999_999_999))
            .check(z.describe('So many of the newest are skipped; default 0.')),
          before: z
            .optional(z.string().check(z.maxLength(64)))
            .check(z.describe('Only messages before the one with this id.')),
        }),
      output: () => z.object({ roomId: RoomId(), messages: z.array(StoredChatMessage()) }),
      http: { method: 'GET', path: '/rooms/{roomId}/chat' },
    }),
    presence: operation({
      summary: 'Read who is in a room.',
      access: readAccess,
      errors: ['not_logged_in'],
      input: () => z.object({ roomId: RoomId() }),
      output: () => z.object({ roomId: RoomId(), presence: PresenceById() }),
      http: { method: 'GET', path: '/rooms/{roomId}/presence' },
    }),
  },
  pushes: {
    joined: push({
      summary: 'You are in. Replaces everything known of the room; what does not fit one frame follows at once.',
      dialect: 'openlivesync',
      type: 'room_joined',
      payload: () =>
        z.object({
          roomId: RoomId(),
          connectionId: ConnectionId(),
          presence: PresenceById().check(z.describe('By connection id, your own entry included.')),
          chatHistory: z.array(StoredChatMessage()).check(z.describe('Oldest first.')),
          epoch: z.optional(z.string()).check(z.describe('Only to those who sent resume, as are the next two.')),
          sequence: z.optional(z.int()),
          recovered: z
            .optional(z.boolean())
            .check(z.describe('True: chatHistory is empty, and all that was missed follows as chat_message.')),
        }),
    }),
    presenceUpdated: push({
      summary: 'Who came, left or changed; apply the lists in this order.',
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
      summary: 'An event that somebody else in the room relays.',
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
      summary: 'A chat message, stored by now; also your own.',
      dialect: 'openlivesync',
      type: 'chat_message',
      payload: () =>
        z.extend(StoredChatMessage(), {
          sequence: z.optional(z.int()).check(z.describe('Only to those who sent resume.')),
        }),
    }),
  },
} as const satisfies Contract;
