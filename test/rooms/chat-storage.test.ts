import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from '@jest/globals';
import { sqlChatStorage } from '../../functions/adapters/chat-storage-sql.ts';
import { tableChatStorage } from '../../functions/rooms/table-chat-storage.ts';
import { livePorts } from '../support/live-ports.ts';
import { memoryChatStorage } from '../support/memory-chat-storage.ts';
import { newRoom } from '../support/rooms.ts';
import { socketWorld } from '../support/sockets.ts';
import { chatStorageSuite } from '../support/suites/chat-storage-suite.ts';

const { ports } = await livePorts();
const world = socketWorld(ports);

chatStorageSuite('chat in memory', async () => memoryChatStorage());
chatStorageSuite('chat in the table', async () => tableChatStorage(world.ports), { ownsIds: true });
chatStorageSuite('chat in an SQL database', async () => {
  const database = new DatabaseSync(':memory:');
  // node:sqlite answers rows as plain objects and takes plain values.
  const query = async (sql: string, params: readonly unknown[]) =>
    database.prepare(sql).all(...(params as (string | number)[])) as Record<string, unknown>[];
  return { ...sqlChatStorage({ query, dialect: 'sqlite' }), close: async () => database.close() };
});

describe('an SQL storage', () => {
  it('writes each dialect its own way, and refuses a table name that is none', async () => {
    const said: string[] = [];
    const query = async (sql: string) => {
      said.push(sql);
      return [];
    };
    for (const dialect of ['postgres', 'mysql'] as const) {
      await sqlChatStorage({ query, dialect, table: 'talk' }).append('r', {
        id: 'i',
        roomId: 'r',
        connectionId: 'c',
        message: 'm',
        createdAt: 1,
      });
    }
    expect(said[1]).toBe(
      'INSERT INTO talk (id, room_id, created_at, message) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING',
    );
    expect(said[3]?.trim()).toBe('INSERT IGNORE INTO talk (id, room_id, created_at, message) VALUES (?, ?, ?, ?)');
    expect(() => sqlChatStorage({ query, dialect: 'mysql', table: 'a; drop' })).toThrow(/table name/);
  });

  it('of the application has a message before anybody hears of it, and is asked for history pages', async () => {
    const storage = memoryChatStorage();
    const withStorage = socketWorld(Object.create(ports, { app: { value: { name: 'test', chatStorage: storage } } }));
    const roomId = newRoom();
    const alice = await withStorage.connect();
    alice.send('join_room', { roomId });
    alice.send('send_chat', { message: 'kept twice' });
    await withStorage.settled();
    expect(await storage.getHistory(roomId)).toEqual(alice.of('chat_message').map((frame) => frame.payload));
  });
});
