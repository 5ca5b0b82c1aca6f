import { unsaidAttributes } from './memory.ts';
import type { Client } from './sockets.ts';

/**
 * Behaves on the wire like MindCache's 2.x client: it sends all its keys after it has connected, merged a snapshot,
 * changed anything or been refused. It applies frames as they arrive, and ignores versions.
 */
export class MindCacheClient {
  readonly local = new Map<string, unknown>();
  /** Frames sent so far. */
  sent = 0;
  errors = 0;
  #socket: Pick<Client, 'sendText'> | undefined;

  /** Receives every frame. */
  readonly hear = (socket: Pick<Client, 'sendText'>, text: string): void => {
    this.#socket = socket;
    const frame = JSON.parse(text);
    switch (frame.type) {
      case 'auth_success':
        this.#pushAll();
        break;
      case 'sync':
        for (const [key, { value }] of Object.entries<{ value: unknown }>(frame.data)) this.local.set(key, value);
        this.#pushAll();
        break;
      case 'key_updated':
        this.local.set(frame.key, frame.value);
        break;
      case 'key_deleted':
        this.local.delete(frame.key);
        break;
      case 'cleared':
        this.local.clear();
        break;
      case 'error':
        this.errors++;
        this.#pushAll();
    }
  };

  set(key: string, value: unknown): void {
    this.local.set(key, value);
    this.#pushAll();
  }

  /** Applications delete through the adapter's own message. */
  delete(key: string): void {
    this.local.delete(key);
    this.#push({ type: 'delete', key });
  }

  #pushAll(): void {
    for (const [key, value] of this.local) this.#push({ type: 'set', key, value, attributes: this.#attributes });
  }

  #push(message: object): void {
    if (!this.#socket) return;
    this.sent++;
    this.#socket.sendText(JSON.stringify({ ...message, timestamp: this.sent }));
  }

  readonly #attributes = {
    ...unsaidAttributes,
    contentType: null,
    contentTags: [],
    systemTags: ['SystemPrompt', 'LLMWrite'],
  };
}
