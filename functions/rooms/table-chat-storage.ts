import { branded } from '../core/branded.ts';
import { append } from '../core/channel/append.ts';
import { readHead, readTail } from '../core/channel/log.ts';
import type { ChatMessage, ChatStorage } from '../core/chat-storage.ts';
import type { ConnectionId, EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { channelOf, roomChannel } from './channel.ts';

/**
 * `ChatStorage` over the room's own log, from which history pages are read unless the application has its own storage.
 * The log assigns ids and times to appended messages, and delivers them to the room's members.
 */
export function tableChatStorage(ports: Ports): ChatStorage {
  return {
    async append(roomId, { id, createdAt, connectionId, ...rest }) {
      await append(ports, roomChannel, channelOf(roomId), {
        from: branded<ConnectionId>(connectionId),
        request: `append:${id}`,
        attempt: 2, // may be a repeat, so the log is searched for it
        since: branded<EpochMs>(Math.min(createdAt, ports.clock.now())),
        body: JSON.stringify({ ...rest, connectionId }),
        isRepeatOf: () => true,
      });
    },
    getHistory: (roomId, limit = 100, offset = 0) => readPage(ports, roomId, { limit, offset }),
  };
}

/** A page counted back from the newest message, or from a place in the log. */
export async function readPage(
  ports: Ports,
  roomId: string,
  { limit, offset, upTo }: { limit: number; offset: number; upTo?: number },
): Promise<ChatMessage[]> {
  const channel = channelOf(roomId);
  const head = await readHead(ports, channel);
  if (!head) return [];
  const retentionMs = roomChannel.retentionMs(ports.settings);
  const from = { ...head, sequence: Math.min(head.sequence, upTo ?? head.sequence) };
  const { entries } = await readTail(ports, channel, from, { limit, offset, retentionMs });
  // The server itself wrote this text from a value of this type.
  return entries.map((entry) => JSON.parse(roomChannel.frames.entry(channel, entry)) as ChatMessage);
}
