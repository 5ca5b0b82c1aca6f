import type * as z from 'zod/mini';
import type { Caller } from '../core/caller.ts';
import { readHead } from '../core/channel/log.ts';
import { listMembers } from '../core/channel/members.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { channelOf, roomChannel, sequenceOf } from './channel.ts';
import type { PresenceEntry, roomsContract } from './contract.ts';
import { readPage, tableChatStorage } from './table-chat-storage.ts';

type Input<Name extends 'history' | 'presence'> = z.output<(typeof roomsContract)['operations'][Name]['input']>;

/** A page of a room's messages, counted back from the newest or from a given one. */
export async function readHistory(
  ports: Ports,
  _caller: Caller,
  { roomId, limit = 100, offset = 0, before }: Input<'history'>,
): Promise<z.input<(typeof roomsContract)['operations']['history']['output']>> {
  if (before !== undefined) return { roomId, messages: await readBefore(ports, roomId, before, { limit, offset }) };
  const storage = ports.app.chatStorage ?? tableChatStorage(ports);
  return { roomId, messages: [...(await storage.getHistory(roomId, limit, offset))] };
}

/** Pages stay stable while members write, because the id names a place in the log. */
async function readBefore(ports: Ports, roomId: string, before: string, page: { limit: number; offset: number }) {
  const head = await readHead(ports, channelOf(roomId));
  const sequence = head && sequenceOf(before, head.epoch);
  if (sequence === undefined) {
    throw new Failure('unacceptable_request', `before: no message of this room has the id ${JSON.stringify(before)}.`);
  }
  return readPage(ports, roomId, { ...page, upTo: sequence - 1 });
}

export async function readPresence(ports: Ports, _caller: Caller, { roomId }: Input<'presence'>) {
  const members = await listMembers(ports, channelOf(roomId));
  const entries = members.map((member) => [
    member.connectionId,
    parsed<z.output<ReturnType<typeof PresenceEntry>>>(roomChannel.frames.member(member)),
  ]);
  return { roomId, presence: Object.fromEntries(entries) };
}

/** The server itself wrote this text from a value of this type. */
function parsed<T>(text: string): T {
  return JSON.parse(text) as T;
}
