import { branded } from '../core/branded.ts';
import { append } from '../core/channel/append.ts';
import { readHead, readTail } from '../core/channel/log.ts';
import type { ChatMessage, ChatStorage } from '../core/chat-storage.ts';
import type { ConnectionId, EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { channelOf, roomChannel } from './channel.ts';

/**
 * The port over the room's own log: what history pages read where the application brings no storage. Ids and times of
 * appended messages are given by the log, which delivers them to whoever is in the room.
 */
export function tableChatStorage(ports: Ports): ChatStorage {
  return {
    async append(roomId, { id, createdAt, connectionId, ...rest }) {
      await append(ports, roomChannel, channelOf(roomId), {
        from: branded<ConnectionId>(connectionId),
        request: `append:${id}`,
        attempt: 2, // may have come before: looked for in the log
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
  // What we wrote ourselves reads back as what it was.
  return entries.map((entry) => JSON.parse(roomChannel.frames.entry(channel, entry)) as ChatMessage);
}
