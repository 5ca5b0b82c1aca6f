import { isDeepStrictEqual } from 'node:util';
import type { SocketCaller } from '../core/caller.ts';
import { append } from '../core/channel/append.ts';
import type { Entry } from '../core/channel/channel.ts';
import { maxFrameBytes } from '../core/channel/channel.ts';
import { remove } from '../core/channel/delivery.ts';
import { publish } from '../core/channel/entry-delivery.ts';
import { bytesOf } from '../core/channel/frames.ts';
import { join } from '../core/channel/join.ts';
import { updateState } from '../core/channel/window.ts';
import { channelsOf, idIn } from '../core/channel-names.ts';
import type { ChatMessage } from '../core/chat-storage.ts';
import { nameConnection } from '../core/connection-store.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { channelOf, frame, numbered, roomChannel } from './channel.ts';
import { roomKind, roomsContract } from './contract.ts';
import { readHistory, readPresence } from './reading.ts';

/**
 * Rooms: members with their presence, events and chat. A connection is in one room at most. The server ignores other
 * frames of a connection that is in no room, as stock clients expect. The channel handles concurrency; this file only
 * translates it to openlivesync's frames.
 */
export const rooms = implement('rooms', roomsContract, {
  async join(ports, caller, input) {
    const { connection, frame: delivery } = caller;
    const channel = channelOf(input.roomId);
    const about = JSON.stringify(await whoIs(ports, caller, input.name ?? undefined, input.email ?? undefined));
    const state = JSON.stringify(input.presence ?? {});
    refuseTooLarge(`${JSON.stringify(input.roomId)}${about}${state}`, 'presence');
    await leaveCurrent(ports, caller);
    await join(ports, roomChannel, channel, {
      connectionId: connection.id,
      at: delivery.at,
      request: delivery.requestId,
      place: delivery.place,
      expiresAt: connection.expiresAt,
      about,
      state,
      form: input.resume === undefined ? 'plain' : numbered,
      resume: input.resume,
    });
  },

  async leave(ports, caller, { roomId }) {
    const current = currentRoom(caller);
    if (current && (roomId === undefined || roomId === idIn(current))) await leaveCurrent(ports, caller);
  },

  async updatePresence(ports, caller, { presence }) {
    const state = JSON.stringify(presence);
    const current = currentRoom(caller);
    const { identity, connection } = caller;
    const about = JSON.stringify([current, connection.name, connection.email, identity]); // everything that other members see
    refuseTooLarge(`${about}${state}`, 'presence');
    if (!current) return;
    await updateState(ports, roomChannel, current, connection.id, state, caller.frame);
  },

  async broadcast(ports, caller, { event, payload }) {
    const current = currentRoom(caller);
    if (!current) return;
    const text = frame('broadcast_event', JSON.stringify({ ...sender(caller, current), event, payload }));
    refuseTooLarge(text, 'payload');
    await publish(ports, roomChannel, current, text, { except: caller.connection.id, id: caller.frame.requestId });
  },

  async chat(ports, caller, { message, metadata, messageId }) {
    const current = currentRoom(caller);
    if (!current) return;
    const body = JSON.stringify({ ...sender(caller, current), message, metadata });
    refuseTooLarge(body, 'message');
    await append(ports, roomChannel, current, {
      from: caller.connection.id,
      request: caller.frame.requestId,
      attempt: caller.frame.attempt,
      since: caller.frame.at,
      body,
      keep: (entry) => keepElsewhere(ports, current, entry),
      isRepeatOf: (entry) => entry.from === caller.connection.id || isSameMessage(entry.body, body),
      ...(messageId === undefined ? {} : { messageId }),
    });
  },

  history: readHistory,
  presence: readPresence,
});

/**
 * Whether two messages with one id are the same. Signed-in senders are compared by user; anonymous ones only by
 * content.
 */
function isSameMessage(stored: string, given: string): boolean {
  // Both were written here.
  const [a, b] = [stored, given].map((body) => JSON.parse(body) as ChatMessage);
  if (a?.userId !== undefined || b?.userId !== undefined) return a?.userId === b?.userId;
  return a?.message === b?.message && isDeepStrictEqual(a?.metadata, b?.metadata);
}

/** Stores a message in the application's own storage, before it is delivered. */
async function keepElsewhere(ports: Ports, channel: ChannelName, entry: Entry): Promise<void> {
  const { chatStorage } = ports.app;
  if (!chatStorage) return;
  // The server itself wrote this text from a value of this type.
  const message = JSON.parse(roomChannel.frames.entry(channel, entry)) as ChatMessage;
  await chatStorage.append(idIn(channel), message);
}

/** What other members see of a member. An anonymous client chooses its name and email, each once per connection. */
async function whoIs(ports: Ports, caller: SocketCaller, name: string | undefined, email: string | undefined) {
  const { connection, identity } = caller;
  const id = { connectionId: connection.id };
  if (identity) {
    const { userId, email, provider } = identity;
    return { ...id, userId, name: identity.name ?? connection.name ?? name, email, provider };
  }
  const shown = { name: connection.name ?? name, email: connection.email ?? email };
  if (shown.name !== connection.name || shown.email !== connection.email) {
    await nameConnection(ports, connection.id, shown);
  }
  return { ...id, ...shown };
}

function sender(caller: SocketCaller, channel: ChannelName) {
  return { roomId: idIn(channel), connectionId: caller.connection.id, userId: caller.identity?.userId };
}

function currentRoom({ connection }: SocketCaller): ChannelName | undefined {
  return channelsOf(roomKind, connection.channels)[0];
}

/** Leaves all rooms. There is at most one, unless an earlier join was cut short. */
async function leaveCurrent(ports: Ports, { connection, frame: delivery }: SocketCaller): Promise<void> {
  for (const channel of channelsOf(roomKind, connection.channels)) {
    const { at, place, requestId } = delivery;
    await remove(ports, roomChannel, channel, [connection.id], { at, place, by: `leave:${requestId}` });
  }
}

/** Room for ids, times and field names in a frame. */
const wordsAround = 512;
/**
 * A frame for many recipients takes the fan-out queue, whose limit of 256 KB includes escaped quotes and the
 * recipients' ids.
 */
const mostQuoted = 240 * 1024;

/** Refuses content that does not fit into an outgoing frame, which has at most 128 KB with its envelope. */
function refuseTooLarge(text: string, what: string): void {
  const most = maxFrameBytes - wordsAround;
  const bytes = bytesOf(text);
  if (bytes > most)
    throw new Failure('too_large', `${what}: at most ${most} bytes with what goes around it, given ${bytes}`);
  if (bytes > mostQuoted / 2 && bytesOf(JSON.stringify(text)) > mostQuoted)
    throw new Failure('too_large', `${what}: too large to be passed on, being full of quotes and backslashes`);
}
