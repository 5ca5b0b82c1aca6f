import type * as z from 'zod';
import type { Caller } from '../core/caller.ts';
import { readHead, readTail } from '../core/channel/log.ts';
import { listMembers } from '../core/channel/members.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { channelOf, roomChannel, sequenceOf } from './channel.ts';
import type { PresenceEntry, roomsContract, StoredChatMessage } from './contract.ts';

type Input<Name extends 'history' | 'presence'> = z.output<(typeof roomsContract)['operations'][Name]['input']>;

/** A page of a room's log, counted back from the newest message or from a given one. */
export async function readHistory(
  ports: Ports,
  _caller: Caller,
  { roomId, limit = 100, offset = 0, before }: Input<'history'>,
) {
  const channel = channelOf(roomId);
  const head = await readHead(ports, channel);
  if (!head) return { roomId, messages: [] };
  const sequence = before === undefined ? undefined : sequenceOf(before, head.epoch);
  if (before !== undefined && sequence === undefined) {
    throw new Failure('unacceptable_request', `before: no message of this room has the id ${JSON.stringify(before)}.`);
  }
  const upTo = sequence === undefined ? head : { ...head, sequence: Math.min(head.sequence, sequence - 1) };
  const retentionMs = roomChannel.retentionMs(ports.settings);
  const { entries } = await readTail(ports, channel, upTo, { limit, offset, retentionMs });
  const messages = entries.map((entry) =>
    parsed<z.output<typeof StoredChatMessage>>(roomChannel.frames.entry(channel, entry)),
  );
  return { roomId, messages };
}

export async function readPresence(ports: Ports, _caller: Caller, { roomId }: Input<'presence'>) {
  const members = await listMembers(ports, channelOf(roomId));
  const entries = members.map((member) => [
    member.connectionId,
    parsed<z.output<typeof PresenceEntry>>(roomChannel.frames.member(member)),
  ]);
  return { roomId, presence: Object.fromEntries(entries) };
}

/** What we wrote ourselves reads back as what it was. */
function parsed<T>(text: string): T {
  return JSON.parse(text) as T;
}
