import type { Message } from './message.ts';
import { fitting, type MessageStore } from './store.ts';

/** Messages of a standard queue: in order of arrival as long as none returns, without any other promise. */
export function createStandardStore(): MessageStore {
  const waiting = new Set<Message>();
  const taken = new Set<Message>();

  return {
    add: (message) => void waiting.add(message),
    take(limit, maxBytes) {
      const batch: Message[] = [];
      let left = fitting(waiting, limit, maxBytes);
      for (const message of waiting) {
        if (left === 0) break;
        left -= 1;
        waiting.delete(message);
        taken.add(message);
        batch.push(message);
      }
      return batch;
    },
    putBack(message) {
      if (taken.delete(message)) waiting.add(message);
    },
    remove: (message) => void taken.delete(message),
    get ready() {
      return waiting.size;
    },
    get size() {
      return waiting.size + taken.size;
    },
  };
}
