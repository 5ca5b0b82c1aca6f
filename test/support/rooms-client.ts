import type { StoredChatMessage } from '../../client/protocol.ts';
import { connectRooms } from '../../client/rooms.ts';
import type { Rooms } from '../../client/rooms-types.ts';

/** Our client in a room, with the texts it has seen: those in snapshots and those that came live. */
export interface Participant {
  readonly rooms: Rooms;
  /** Each text as often as it was received. */
  readonly seen: Map<string, number>;
  /** In the order they came live. */
  readonly live: string[];
  readonly joins: boolean[];
}

/** @param roomId the room that it enters, again after every reconnect */
export async function participate(socketUrl: string, roomId: string): Promise<Participant> {
  const rooms = connectRooms({
    url: socketUrl,
    historyLimit: 100_000,
    answerTimeoutMs: 20_000,
    reconnect: { minDelayMs: 50, maxDelayMs: 400 },
  });
  const participant: Participant = { rooms, seen: new Map(), live: [], joins: [] };
  const see = (text: string) => participant.seen.set(text, (participant.seen.get(text) ?? 0) + 1);
  rooms.on('chat', ({ message }) => {
    participant.live.push(message);
    see(message);
  });
  rooms.on('joined', ({ recovered }) => {
    participant.joins.push(recovered);
    if (recovered) return;
    for (const { message } of rooms.history) if (!participant.seen.has(message)) see(message);
  });
  await rooms.join(roomId);
  return participant;
}

/** All texts of a room's history over HTTP, oldest first, page by page. */
export async function historyOf(url: string, roomId: string): Promise<string[]> {
  const texts: string[] = [];
  for (;;) {
    const query = `limit=1000&offset=${texts.length}`;
    const response = await fetch(`${url}/rooms/${encodeURIComponent(roomId)}/chat?${query}`);
    // Chaos may break a request; it is repeated, as any client would do.
    if (response.status >= 500) continue;
    const page = (await response.json()) as { readonly messages: readonly StoredChatMessage[] };
    if (page.messages.length === 0) return texts;
    texts.unshift(...page.messages.map(({ message }) => message));
  }
}
