import type { ChannelSpec, Entry } from '../core/channel/channel.ts';
import { growingWindowMs } from '../core/channel/flush-queue.ts';
import { channelNamed, idIn } from '../core/channel-names.ts';
import type { ChannelName } from '../core/names.ts';
import { roomKind } from './contract.ts';

/** The channel of a room: its frames, and how long it collects changes. */
export const roomChannel: ChannelSpec = {
  kind: roomKind,
  bigFrom: 60,
  windowMs: growingWindowMs,
  entriesInSnapshot: (settings) => settings.chatHistoryLimit,
  retentionMs: ({ chatRetentionDays }) => chatRetentionDays && chatRetentionDays * 24 * 3_600_000,
  frames: {
    member: (member) => `${open(member.about)},"presence":${member.state}}`,
    entry: (_, entry) => `${storedMessage(entry)}}`,
    snapshot(channel, { self, members, entries, position }) {
      const presence = members.map((member) => `${JSON.stringify(member.id)}:${member.text}`).join(',');
      const ours = position ? `,${inner(position)}` : '';
      const ids = inner({ roomId: idIn(channel), connectionId: self });
      return frame('room_joined', `{${ids},"presence":{${presence}},"chatHistory":[${entries.join(',')}]${ours}}`);
    },
    changes(channel, { joined, left, updated }) {
      const lists = [
        joined.length > 0 ? `,"joined":[${joined.join(',')}]` : '',
        left.length > 0 ? `,"left":[${left.join(',')}]` : '',
        updated.length > 0 ? `,"updated":[${updated.join(',')}]` : '',
      ];
      return frame('presence_updated', `{${inner({ roomId: idIn(channel) })}${lists.join('')}}`);
    },
    left: (connection) => JSON.stringify(connection),
    live: (_, entry, form) =>
      frame('chat_message', `${storedMessage(entry)}${form === numbered ? `,"sequence":${entry.sequence}` : ''}}`),
  },
};

/** Members who resume want sequence numbers on live entries. */
export const numbered = 'numbered';

/** Names the channel of a room. */
export const channelOf = (roomId: string): ChannelName => channelNamed(roomKind, roomId);

/** A message's id names its place in the log, so that pages can start from it. */
export const messageIdOf = (entry: Entry): string => `${entry.epoch}.${entry.sequence}`;

/** @returns the sequence number in a message id; undefined when the id is not of this log */
export function sequenceOf(messageId: string, epoch: string): number | undefined {
  const match = /^([^.]+)\.(\d{1,12})$/.exec(messageId);
  return match && match[1] === epoch ? Number(match[2]) : undefined;
}

export const frame = (type: string, payload: string): string => `{"type":"${type}","payload":${payload}}`;

/** The stored message as JSON text without its closing brace. */
function storedMessage(entry: Entry): string {
  return `${open(entry.body)},${inner({ id: messageIdOf(entry), createdAt: entry.at })}`;
}

/** JSON text of a non-empty object without its closing brace, ready for more. */
const open = (json: string): string => json.slice(0, -1);

/** The fields of an object without its braces. */
const inner = (fields: Readonly<Record<string, unknown>>): string => JSON.stringify(fields).slice(1, -1);
