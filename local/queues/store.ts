import type { Message } from './message.ts';

/** Which messages of a queue may be handed out, and in which order. Knows nothing of time or of functions. */
export interface MessageStore {
  /** A new message, behind those that are there. */
  add(message: Message): void;
  /** Takes up to `limit` messages out of reach of others, until each is removed or put back. */
  take(limit: number, maxBytes: number): Message[];
  /** A taken message can be had again. */
  putBack(message: Message): void;
  /** A taken message is gone for good. */
  remove(message: Message): void;
  /** How many `take` could hand out now. */
  readonly ready: number;
  /** All messages, taken ones included. */
  readonly size: number;
}

/** How many of `messages`, from the first, fit into the room that is left. */
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
