import type { ChatMessage, ChatStorage } from '../../functions/core/chat-storage.ts';

/** Chat messages in memory, for tests of code that uses the port. */
export function memoryChatStorage(): ChatStorage {
  const rooms = new Map<string, ChatMessage[]>();
  return {
    async append(roomId, message) {
      const messages = rooms.get(roomId) ?? [];
      rooms.set(roomId, messages);
      if (messages.some((one) => one.id === message.id)) return;
      const after = messages.findIndex((one) => one.createdAt > message.createdAt);
      messages.splice(after < 0 ? messages.length : after, 0, message);
    },
    async getHistory(roomId, limit = 100, offset = 0) {
      const messages = rooms.get(roomId) ?? [];
      const end = Math.max(0, messages.length - offset);
      return messages.slice(Math.max(0, end - limit), end);
    },
  };
}
