import type { ChatMessage, ChatStorage } from '../core/chat-storage.ts';
import { Failure } from '../core/errors.ts';

/** Runs a statement with parameters and returns its rows: a driver's own function, or one that calls a data API. */
export type SqlQuery = (
  sql: string,
  params: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

export interface SqlChatStorageOptions {
  readonly query: SqlQuery;
  readonly dialect: 'postgres' | 'mysql' | 'sqlite';
  /**
   * Created if it does not exist.
   * @default chat_messages
   */
  readonly table?: string;
}

/** Chat messages in an SQL database. Rows are indexed by room and order of arrival. */
export function sqlChatStorage({ query, dialect, table = 'chat_messages' }: SqlChatStorageOptions): ChatStorage {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(table)) {
    throw new Failure(
      'unacceptable_request',
      `A table name has letters, digits and underscores, not ${JSON.stringify(table)}.`,
    );
  }
  const words = spellings[dialect];
  let ready: Promise<void> | undefined;
  const prepared = () => {
    ready ??= make().catch((cause: unknown) => {
      ready = undefined;
      throw cause;
    });
    return ready;
  };

  async function make(): Promise<void> {
    await query(
      `CREATE TABLE IF NOT EXISTS ${table} (place ${words.counter}, id ${words.text(191)} NOT NULL, room_id ${words.text(1024)} NOT NULL, created_at BIGINT NOT NULL, message ${words.longText} NOT NULL, UNIQUE (id))`,
      [],
    );
  }

  return {
    async append(roomId, message) {
      await prepared();
      await query(
        `${words.insert} INTO ${table} (id, room_id, created_at, message) VALUES (${words.places(4)}) ${words.onRepeat}`,
        [message.id, roomId, message.createdAt, JSON.stringify(message)],
      );
    },

    async getHistory(roomId, limit = 100, offset = 0) {
      await prepared();
      const rows = await query(
        `SELECT message FROM ${table} WHERE room_id = ${words.places(1)} ORDER BY created_at DESC, place DESC LIMIT ${whole(limit)} OFFSET ${whole(offset)}`,
        [roomId],
      );
      // Written by append from a value of this type; some drivers parse JSON columns themselves, ours is text.
      return rows.map((row) => JSON.parse(String(row.message)) as ChatMessage).reverse();
    },
  };
}

/** Numbers are written into the statement itself, because MySQL's prepared statements accept no parameter for LIMIT. */
function whole(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Failure('unacceptable_request', `limit and offset are whole numbers from 0, not ${value}.`);
}

const questionMarks = (count: number) => Array.from({ length: count }, () => '?').join(', ');

const spellings = {
  postgres: {
    counter: 'BIGSERIAL PRIMARY KEY',
    text: () => 'TEXT',
    longText: 'TEXT',
    insert: 'INSERT',
    onRepeat: 'ON CONFLICT (id) DO NOTHING',
    places: (count: number) => Array.from({ length: count }, (_, at) => `$${at + 1}`).join(', '),
  },
  mysql: {
    counter: 'BIGINT AUTO_INCREMENT PRIMARY KEY',
    text: (length: number) => `VARCHAR(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    longText: 'LONGTEXT',
    insert: 'INSERT IGNORE',
    onRepeat: '',
    places: questionMarks,
  },
  sqlite: {
    counter: 'INTEGER PRIMARY KEY AUTOINCREMENT',
    text: () => 'TEXT',
    longText: 'TEXT',
    insert: 'INSERT',
    onRepeat: 'ON CONFLICT (id) DO NOTHING',
    places: questionMarks,
  },
} as const;
