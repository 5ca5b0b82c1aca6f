import type { Settings } from '../../functions/core/settings.ts';
import { livePorts } from './live-ports.ts';
import type { Client, Heard } from './sockets.ts';
import { socketWorld } from './sockets.ts';

/** A world for tests of rooms: sockets, lane and fan-out over fresh tables. */
export async function roomWorld(settings: Partial<Settings> = {}) {
  const { ports, errors, advance } = await livePorts(settings);
  const world = socketWorld(ports);
  return {
    ...world,
    /** Logged errors, and jobs that were given up: both empty unless the test expects them. */
    errors,
    advance,
    /** A socket in the room. Frames that it has received so far are dropped, unless `listening`. */
    async inside(roomId: string, extra: Readonly<Record<string, unknown>> = {}): Promise<Client> {
      const client = await world.connect();
      client.send('join_room', { roomId, ...extra });
      await world.settled();
      return client;
    },
    /** Several in one room, all greetings over. */
    async together(roomId: string, count: number): Promise<Client[]> {
      const clients = await Promise.all(Array.from({ length: count }, () => world.connect()));
      for (const client of clients) client.send('join_room', { roomId });
      await world.settled();
      for (const client of clients) client.take();
      return clients;
    },
  };
}

/** A room that no other test uses. */
export const newRoom = (): string => `room ${Math.random().toString(36).slice(2)}`;

/** The members and their presence, after applying frames as the stock client does. */
export function viewOf(
  heard: readonly Heard[],
  before: ReadonlyMap<string, unknown> = new Map(),
): Map<string, unknown> {
  let view = new Map(before);
  const set = (entry: { connectionId: string; presence: unknown }) => view.set(entry.connectionId, entry.presence);
  for (const { type, payload } of heard) {
    if (type === 'room_joined') {
      view = new Map();
      Object.values<{ connectionId: string; presence: unknown }>(payload.presence).forEach(set);
    }
    if (type !== 'presence_updated') continue;
    (payload.joined ?? []).forEach(set);
    for (const id of payload.left ?? []) view.delete(id);
    (payload.updated ?? []).forEach(set);
  }
  return view;
}

/** The texts of chat messages among frames. */
export const texts = (heard: readonly Heard[]): string[] =>
  heard.filter((frame) => frame.type === 'chat_message').map((frame) => frame.payload.message);
