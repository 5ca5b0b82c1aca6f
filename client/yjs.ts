import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { systemClock } from './clock.ts';
import { type Connection, globalSocket, keepConnected, type Status } from './connection.ts';
import { createListeners } from './listeners.ts';
import { type AwarenessLink, linkAwareness } from './yjs-awareness.ts';
import { fetchFrame, putFrame } from './yjs-elsewhere.ts';
import { frame, type Id, mostFrameChars, mostUpdateBytes, parseFrame } from './yjs-frames.ts';
import { createGaps, type Gaps } from './yjs-gaps.ts';
import { createIncoming, type Incoming, type Taken } from './yjs-incoming.ts';
import { nothing, type YjsMessage } from './yjs-message.ts';
import { createYjsOutbox, type YjsOutbox } from './yjs-outbox.ts';
import { isFinal } from './yjs-refusals.ts';
import type { YjsEvents, YjsOptions } from './yjs-types.ts';
import { socketUrl } from './yjs-url.ts';
import { createWatch, type Watch } from './yjs-watch.ts';

const knowsNothing = new Uint8Array([0]);

/**
 * Synchronizes a Yjs document with a branch of Chorus, and shares awareness. It reconnects by itself; both sides then
 * send only what the other lacks, so that nothing is lost, sent twice or downloaded again.
 */
export class ChorusYjsProvider {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly #url: string;
  readonly #options: YjsOptions;
  readonly #listeners = createListeners<YjsEvents>();
  readonly #outbox: YjsOutbox;
  readonly #link: AwarenessLink;
  readonly #incoming: Incoming;
  readonly #watch: Watch;
  readonly #gaps: Gaps;
  #connection: Connection | undefined;
  #isSynced = false;

  /**
   * @param url of the deployment, e.g. `wss://example.com`
   * @param record the inst is in; null for public insts
   */
  constructor(url: string, record: string | null, inst: string, branch: string, doc: Y.Doc, options: YjsOptions = {}) {
    const { clock = systemClock, answerTimeoutMs = 10_000, quietMs = 60_000, awarenessThrottleMs = 100 } = options;
    this.doc = doc;
    this.awareness = options.awareness ?? new Awareness(doc);
    this.#url = socketUrl(url, record, inst, branch);
    this.#options = options;
    const own = options.fetch ?? ((...request: Parameters<typeof fetch>) => fetch(...request));
    this.#incoming = createIncoming({
      fetch: (from) => fetchFrame(own, from),
      take: this.#take,
      onTrouble: (cause) => this.#trouble('What a frame said is elsewhere is not there.', cause),
    });
    this.#outbox = createYjsOutbox({
      clock,
      answerTimeoutMs,
      send: (text) => this.#connection?.send(text) ?? false,
      upload: (to, text) => putFrame(own, to, text),
      onSaved: (isSaved) => this.#listeners.emit('saved', isSaved),
      onTrouble: (message, cause) => this.#trouble(message, cause),
    });
    this.#link = linkAwareness({
      awareness: this.awareness,
      clock,
      throttleMs: awarenessThrottleMs,
      send: (states) => this.#say({ kind: 'awareness', states }),
    });
    this.#watch = createWatch({
      clock,
      answerTimeoutMs,
      quietMs,
      ask: () => this.#connection?.send(frame(nothing, 'still there?')),
      onSilence: () => (this.#incoming.isBusy ? this.#watch.heard(true) : this.#connection?.restart()),
    });
    this.#gaps = createGaps(doc, clock, () => this.#askForNews());
    doc.on('update', this.#onUpdate);
    doc.on('destroy', this.destroy);
    if (options.connect ?? true) this.connect();
  }

  get status(): Status {
    return this.#connection?.status ?? 'closed';
  }

  /** The document has everything that the server has. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** The server has stored everything in the document. */
  get isSaved(): boolean {
    return this.#outbox.isSaved;
  }

  /** Returns a function that removes the listener. */
  on<Name extends keyof YjsEvents>(name: Name, listener: (event: YjsEvents[Name]) => void): () => void {
    return this.#listeners.on(name, listener);
  }

  off<Name extends keyof YjsEvents>(name: Name, listener: (event: YjsEvents[Name]) => void): void {
    this.#listeners.off(name, listener);
  }

  connect(): void {
    if (this.status !== 'closed') return;
    const { clock = systemClock, random = Math.random, reconnect, token } = this.#options;
    this.#connection = keepConnected({
      url: this.#url,
      token,
      WebSocket: this.#options.WebSocket ?? globalSocket(),
      clock,
      random,
      minDelayMs: reconnect?.minDelayMs ?? 500,
      maxDelayMs: reconnect?.maxDelayMs ?? 30_000,
      onStatus: (status) => this.#onStatus(status),
      onFrame: (text) => this.#receive(text),
      isWell: (text) => parseFrame(text)?.type !== 'error',
      onError: (error) => this.#listeners.emit('error', error),
    });
    this.#listeners.emit('status', this.status);
  }

  /** Changes made meanwhile are sent after the next `connect`. */
  disconnect(): void {
    this.#connection?.close();
  }

  /** Closes permanently. Changes that are not saved by then are only in the document. */
  readonly destroy = (): void => {
    this.disconnect();
    this.doc.off('update', this.#onUpdate);
    this.doc.off('destroy', this.destroy);
    this.#link.stop();
    if (!this.#options.awareness) this.awareness.destroy();
  };

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this) this.#outbox.add(update);
  };

  #onStatus(status: Status): void {
    if (status === 'open') {
      this.#askForNews();
      this.#link.connected();
      this.#watch.heard(true);
    } else {
      this.#watch.stop();
      this.#gaps.stop();
      this.#incoming.clear();
      this.#outbox.disconnected();
      this.#link.disconnected();
      this.#become(false);
    }
    this.#listeners.emit('status', status);
  }

  #receive(text: string): void {
    const received = parseFrame(text);
    if (received) this.#incoming.add(received);
    if (this.status === 'open') this.#watch.heard(!this.#isSynced);
  }

  readonly #take = (received: Taken): void => {
    switch (received.type) {
      case 'yjs':
        this.#hear(received.message);
        break;
      case 'saved':
        this.#outbox.saved(received.id);
        break;
      case 'upload':
        this.#outbox.uploadTo(received.id, received.url);
        break;
      case 'error':
        this.#refused(received.code, received.message, received.id);
    }
  };

  #hear(message: YjsMessage): void {
    switch (message.kind) {
      case 'step1':
        this.#outbox.start(Y.encodeStateAsUpdate(this.doc, message.stateVector));
        break;
      case 'step2':
      case 'update':
        applyUpdate(this.doc, message.update, this);
        this.#gaps.look();
        if (message.kind === 'step2') this.#become(true);
        break;
      case 'awareness':
        this.#link.apply(message.states);
        break;
      case 'query':
        this.#link.connected();
    }
  }

  #refused(code: string, message: string, id: Id | undefined): void {
    if (id !== undefined && this.#outbox.refused(id, code)) return;
    this.#listeners.emit('error', { code, message });
    const canRenew = typeof this.#options.token === 'function';
    if (id === undefined && isFinal(code, canRenew)) this.#connection?.close();
  }

  #askForNews(): void {
    const stateVector = Y.encodeStateVector(this.doc);
    // The state vector of a document with thousands of authors does not fit into a frame; the client then requests
    // everything.
    this.#say({ kind: 'step1', stateVector: stateVector.length <= mostUpdateBytes ? stateVector : knowsNothing });
  }

  #say(message: YjsMessage): void {
    const text = frame(message);
    if (text.length <= mostFrameChars) this.#connection?.send(text);
    else this.#listeners.emit('error', { code: 'too_large', message: `${message.kind} does not fit a frame.` });
  }

  /** Starts over on a new socket. */
  #trouble(message: string, cause?: unknown): void {
    this.#listeners.emit('error', { code: 'NOT_CONNECTED', message, cause });
    this.#connection?.restart();
  }

  #become(isSynced: boolean): void {
    if (isSynced === this.#isSynced) return;
    this.#isSynced = isSynced;
    this.#listeners.emit('synced', isSynced);
  }
}

function applyUpdate(doc: Y.Doc, update: Uint8Array, origin: unknown): void {
  Y.applyUpdate(doc, update, origin);
  // Structs that arrived before those they depend on: Yjs does not always retry them.
  const pending = doc.store.pendingStructs;
  if (pending) Y.applyUpdateV2(doc, pending.update, origin);
}
