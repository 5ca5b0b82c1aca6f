import type { Message } from './message.ts';
import { fitting, type MessageStore } from './store.ts';

interface Group {
  /** In order of sending; the first `taken` of them are being processed, or hidden until their retry. */
  readonly messages: Message[];
  taken: number;
}

/**
 * Messages of a FIFO queue. Those of one group leave in the order of their arrival. While one of them is being
 * processed or hidden, the group yields nothing, because the next message could overtake it. Groups take turns, and one
 * `take` may return several messages of a group.
 */
export function createFifoStore(): MessageStore {
  const groups = new Map<string, Group>();
  /** Groups with messages of which none is being processed, in the order in which they became ready. */
  const idle = new Set<Group>();
  let size = 0;
  let ready = 0;

  function settle(group: Group): void {
    group.taken -= 1;
    if (group.taken > 0 || group.messages.length === 0) return;
    idle.add(group);
    ready += group.messages.length;
  }

  function groupOf(message: Message): Group {
    const group = groups.get(message.groupId ?? '');
    if (!group) throw new Error(`Message ${message.messageId} is not in this queue.`);
    return group;
  }

  return {
    add(message) {
      const id = message.groupId ?? '';
      const group = groups.get(id) ?? { messages: [], taken: 0 };
      if (group.messages.length === 0) groups.set(id, group);
      group.messages.push(message);
      size += 1;
      if (group.taken > 0) return;
      idle.add(group);
      ready += 1;
    },
    take(limit, maxBytes) {
      const batch: Message[] = [];
      let room = maxBytes;
      for (const group of idle) {
        if (batch.length === limit) break;
        const count = fitting(group.messages, limit - batch.length, room);
        const first = group.messages.slice(0, count);
        const bytes = first.reduce((sum, message) => sum + message.bytes, 0);
        if (batch.length > 0 && bytes > room) break;
        room -= bytes;
        batch.push(...first);
        group.taken = count;
        idle.delete(group);
        ready -= group.messages.length;
      }
      return batch;
    },
    putBack: (message) => settle(groupOf(message)),
    remove(message) {
      const group = groupOf(message);
      group.messages.splice(group.messages.indexOf(message), 1);
      size -= 1;
      if (group.messages.length === 0) groups.delete(message.groupId ?? '');
      settle(group);
    },
    get ready() {
      return ready;
    },
    get size() {
      return size;
    },
  };
}
