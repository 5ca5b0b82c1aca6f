/** A chat message as clients see it in history. */
export interface ChatMessage {
  readonly id: string;
  readonly roomId: string;
  readonly connectionId: string;
  readonly userId?: string;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970, never before the message before it. */
  readonly createdAt: number;
}

/**
 * Stores chat messages beside the room's own log: in a database of the application, or an archive. The promises: a
 * message is stored once `append` has resolved. Appending the same id again changes nothing, because handlers may run
 * twice. A room's messages come back in the order of `createdAt`; those of one millisecond in the order of their
 * appends.
 */
export interface ChatStorage {
  append(roomId: string, message: ChatMessage): Promise<void>;
  /** The newest `limit` (default 100) but for `offset` (default 0) of the newest, oldest first; `[]` past the end. */
  getHistory(roomId: string, limit?: number, offset?: number): Promise<readonly ChatMessage[]>;
  close?(): Promise<void>;
}
