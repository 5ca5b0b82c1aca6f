import { systemClock } from './clock.ts';
import { fetchInstanceFrame, type InstanceFrame, instanceFrame, parseInstanceFrame } from './mindcache-frames.ts';
import { putFrame } from './yjs-elsewhere.ts';
import { createIncoming } from './yjs-incoming.ts';
import { readSyncMessage, writeSyncMessage } from './yjs-message.ts';
import { createYjsOutbox } from './yjs-outbox.ts';

const answerTimeoutMs = 10_000;

/**
 * A WebSocket for clients of MindCache's 3.x line, which speak the Yjs sync protocol in binary frames where API Gateway
 * takes text only: `globalThis.WebSocket = mindCacheSocket()` before they connect. On sockets of instances (`/sync/…`)
 * it converts binary messages to text and back. It splits and batches updates, and waits for their acknowledgements. If
 * one is missing, it closes the socket, so that the client reconnects and both sides synchronize again. Other sockets
 * are unchanged.
 */
export function mindCacheSocket(Base: typeof WebSocket = globalThis.WebSocket): typeof WebSocket {
  return class MindCacheSocket extends Base {
    readonly #isForInstance: boolean;
    /** Events that were already dispatched. */
    readonly #given = new WeakSet<Event>();

    readonly #incoming = createIncoming<InstanceFrame>({
      fetch: (url) => fetchInstanceFrame(fetch, url),
      take: (frame) => this.#take(frame),
      onTrouble: () => this.close(),
    });
    readonly #outbox = createYjsOutbox({
      clock: systemClock,
      answerTimeoutMs,
      frame: instanceFrame,
      send: (text) => this.#sendText(text),
      upload: (url, text) => putFrame(fetch, url, text),
      onSaved: () => {},
      onTrouble: () => this.close(),
    });

    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      this.#isForInstance = new URL(this.url).pathname.includes('/sync/');
      if (!this.#isForInstance) return;
      // Registered before the client's listeners, so that they do not get frames that are not for them.
      this.addEventListener('message', (event) => {
        if (this.#given.has(event)) return;
        event.stopImmediatePropagation();
        const frame = parseInstanceFrame(String(event.data));
        if (frame) this.#incoming.add(frame);
      });
      this.addEventListener('close', () => {
        this.#outbox.disconnected();
        this.#incoming.clear();
      });
    }

    override send(data: Parameters<WebSocket['send']>[0]): void {
      const message = this.#isForInstance && typeof data !== 'string' ? messageIn(data) : undefined;
      if (message?.kind === 'step2') this.#outbox.start(message.update);
      else if (message?.kind === 'update') this.#outbox.add(message.update);
      else super.send(message ? instanceFrame(message) : data);
    }

    #sendText(text: string): boolean {
      if (this.readyState !== Base.OPEN) return false;
      super.send(text);
      return true;
    }

    #take(frame: InstanceFrame): void {
      switch (frame.type) {
        case 'yjs':
          // A copy, because the message is its whole buffer.
          this.#give(Uint8Array.from(writeSyncMessage(frame.message)).buffer);
          break;
        case 'text':
          this.#give(frame.text);
          break;
        case 'saved':
          this.#outbox.saved(frame.id);
          break;
        case 'upload':
          this.#outbox.uploadTo(frame.id, frame.url);
          break;
        case 'refused':
          this.#outbox.refused(frame.id, frame.code);
      }
    }

    #give(data: string | ArrayBuffer): void {
      const isBlob = typeof data !== 'string' && this.binaryType === 'blob';
      const event = new MessageEvent('message', { data: isBlob ? new Blob([data]) : data });
      this.#given.add(event);
      this.dispatchEvent(event);
    }
  };
}

/** @returns undefined for data that is no sync message */
function messageIn(data: Exclude<Parameters<WebSocket['send']>[0], string>) {
  if (data instanceof Blob) return undefined;
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  return readSyncMessage(bytes);
}
