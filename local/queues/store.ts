import type { Message } from './message.ts';

/** Which messages of a queue can be received, and in which order. Knows nothing about time or functions. */
export interface MessageStore {
  /** Adds a new message behind the others. */
  add(message: Message): void;
  /** Takes up to `limit` messages. Nobody else can take them until they are removed or put back. */
  take(limit: number, maxBytes: number): Message[];
  /** A taken message can be taken again. */
  putBack(message: Message): void;
  /** Deletes a taken message. */
  remove(message: Message): void;
  /** How many messages `take` could return now. */
  readonly ready: number;
  /** All messages, taken ones included. */
  readonly size: number;
}

/** How many of `messages`, from the first, fit into the remaining space. */
export function fitting(messages: Iterable<Message>, limit: number, maxBytes: number): number {
  let count = 0;
  let bytes = 0;
  for (const message of messages) {
    bytes += message.bytes;
    if (count === limit || (count > 0 && bytes > maxBytes)) break;
    count += 1;
  }
  return count;
}
