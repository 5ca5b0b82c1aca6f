import { systemClock } from './clock.ts';
import { globalSocket, type SocketLike } from './connection.ts';
import { fetchFrame, putFrame } from './yjs-elsewhere.ts';
import { frame, mostFrameChars, parseFrame } from './yjs-frames.ts';
import { createIncoming, type Taken } from './yjs-incoming.ts';
import { nothing, readMessage, writeMessage, type YjsMessage } from './yjs-message.ts';
import { createYjsOutbox } from './yjs-outbox.ts';
import { isFinal } from './yjs-refusals.ts';

const answerTimeoutMs = 10_000;
/** y-websocket does not reconnect after a code of this range. */
const refusedForGood = 4403;
/** Id of the frame that asks whether an awareness state has arrived. */
const shown = 'shown';

/**
 * A WebSocket for y-websocket: binary messages on its side, Chorus's text frames on the other. It splits and batches
 * updates, and waits for their acknowledgements. If one is missing, it closes the socket, so that both sides
 * synchronize again.
 */
class TextSocket {
  readonly OPEN = 1;
  binaryType = 'arraybuffer';
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: ArrayBuffer }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;
  readyState = 0;
  readonly #socket: SocketLike;
  #states: YjsMessage | undefined;
  #end = { code: 1006, reason: '' };

  readonly #incoming = createIncoming({
    fetch: (url) => fetchFrame(fetch, url),
    take: (received) => this.#take(received),
    onTrouble: () => this.close(),
  });
  readonly #outbox = createYjsOutbox({
    clock: systemClock,
    answerTimeoutMs,
    send: (text) => this.#send(text),
    upload: (url, text) => putFrame(fetch, url, text),
    onSaved: () => {},
    onTrouble: () => this.close(),
  });

  /** @param url `{deployment}/yjs/{record, or - for none}/{inst}/{branch}` and `?access_token=` where there is one */
  constructor(url: string) {
    this.#socket = new (globalSocket())(url);
    this.#socket.addEventListener('open', () => {
      this.readyState = 1;
      this.onopen?.();
    });
    this.#socket.addEventListener('message', ({ data }) => {
      const received = parseFrame(String(data));
      if (received) this.#incoming.add(received);
    });
    this.#socket.addEventListener('error', () => this.onerror?.(new Error('The socket broke.')));
    this.#socket.addEventListener('close', () => this.#ended());
  }

  send(data: Uint8Array): void {
    const message = readMessage(data);
    if (message?.kind === 'step2') this.#outbox.start(message.update);
    else if (message?.kind === 'update') this.#outbox.add(message.update);
    else if (message) this.#say(message);
  }

  close(): void {
    this.#socket.close();
    this.#ended();
  }

  #ended(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#outbox.disconnected();
    this.#incoming.clear();
    this.onclose?.(this.#end);
  }

  /** Sends awareness states back to y-websocket, which considers a silent server dead. */
  #say(message: YjsMessage): void {
    const text = frame(message);
    if (text.length > mostFrameChars) {
      this.onerror?.(new Error(`${message.kind} does not fit a frame.`));
      return;
    }
    this.#send(text);
    if (message.kind !== 'awareness') return;
    this.#states = message;
    this.#send(frame(nothing, shown));
  }

  #send(text: string): boolean {
    if (this.readyState !== 1) return false;
    this.#socket.send(text);
    return true;
  }

  #take(received: Taken): void {
    switch (received.type) {
      case 'yjs':
        this.#tell(received.message);
        break;
      case 'saved':
        if (received.id === shown && this.#states) this.#tell(this.#states);
        else this.#outbox.saved(received.id);
        break;
      case 'upload':
        this.#outbox.uploadTo(received.id, received.url);
        break;
      case 'error': {
        const { code, message, id } = received;
        if (id !== undefined && this.#outbox.refused(id, code)) break;
        this.onerror?.(new Error(`${code}: ${message}`));
        if (id === undefined && isFinal(code, false)) this.#end = { code: refusedForGood, reason: message };
      }
    }
  }

  #tell(message: YjsMessage): void {
    // A copy, because the message is its whole buffer.
    const { buffer } = Uint8Array.from(writeMessage(message));
    this.onmessage?.({ data: buffer });
  }
}

/** For the option `WebSocketPolyfill` of y-websocket, which needs only the members that this class has. */
export const YjsTextSocket = TextSocket as unknown as typeof WebSocket;
