import * as Y from 'yjs';
import type { Clock } from './clock.ts';
import { splitUpdate } from './split-update.ts';
import { frame, type Id, mostFrameChars, mostUpdateBytes } from './yjs-frames.ts';
import { readUpdate } from './yjs-update.ts';

/**
 * Updates without an acknowledgement yet. Changes during a round trip are sent together after it, so that typing costs
 * one frame per round trip. On a new socket the client first sends what the server's state vector lacks, and all
 * updates without an acknowledgement: the server may have stored them without broadcasting them.
 */
export interface YjsOutbox {
  /** Adds a change of the document. */
  add(update: Uint8Array): void;
  /** Starts with the updates that the server lacks according to its state vector, including everything added before. */
  start(lacking: Uint8Array): void;
  saved(id: Id): void;
  /** @returns whether the outbox will retry by itself */
  refused(id: Id, code: string): boolean;
  /** Uploads a frame that is too large to the server's URL. */
  uploadTo(id: Id, url: string): void;
  disconnected(): void;
  /** Whether the server has stored everything that was added. */
  readonly isSaved: boolean;
}

export interface YjsOutboxSettings {
  readonly clock: Clock;
  readonly answerTimeoutMs: number;
  /** False when there is no open socket. */
  readonly send: (text: string) => boolean;
  /** Encodes a message as a frame. @default the frames of Yjs sockets */
  readonly frame?: typeof frame;
  /** Uploads a text to the server's URL. */
  readonly upload: (url: string, text: string) => Promise<void>;
  readonly onSaved: (isSaved: boolean) => void;
  /** Called when an update is not answered or cannot be sent, so that a new socket is needed. */
  readonly onTrouble: (message: string, cause?: unknown) => void;
}

interface Part {
  readonly kind: 'step2' | 'update';
  readonly update: Uint8Array;
}

/** How many parts of one update may be unacknowledged at a time. */
const mostOnTheirWay = 8;
/** Codes of temporary errors, after which the client retries. */
const troubles = new Set(['service_unavailable', 'took_too_long', 'server_error', 'rate_limit_exceeded']);
const retryAfterMs = 2_000;

export function createYjsOutbox(settings: YjsOutboxSettings): YjsOutbox {
  const { clock, answerTimeoutMs, send, upload, onSaved, onTrouble } = settings;
  const framed = settings.frame ?? frame;
  let isReady = false;
  let isSaved = false;
  let count = 0;
  /** Changes that have not been split into parts yet. */
  let news: Uint8Array[] = [];
  let parts: Part[] = [];
  /** Updates that had no acknowledgement when a socket closed. */
  const unacknowledged: Uint8Array[] = [];
  /** Later updates depend on these, so they are sent again with the next change, which may be allowed then. */
  let refused: Uint8Array[] = [];
  const onTheirWay = new Map<Id, Part>();
  let cancelTimer = () => {};
  let cancelRetry = () => {};

  function become(saved: boolean): void {
    if (saved === isSaved) return;
    isSaved = saved;
    onSaved(saved);
  }

  /** Sends what can be sent. */
  function pump(): void {
    if (!isReady) return;
    if (news.length > 0 && parts.length + onTheirWay.size === 0) {
      parts = partsOf(news);
      news = [];
    }
    for (const part of parts.splice(0, mostOnTheirWay - onTheirWay.size)) {
      const id = ++count;
      onTheirWay.set(id, part);
      const text = framed(part, id);
      send(text.length <= mostFrameChars ? text : JSON.stringify({ type: 'upload', id }));
    }
    cancelTimer();
    if (onTheirWay.size > 0) cancelTimer = clock.after(answerTimeoutMs, () => onTrouble('No answer.'));
    else if (parts.length + news.length + refused.length === 0) become(true);
  }

  function stop(): void {
    isReady = false;
    unacknowledged.push(...[...onTheirWay.values()].map(({ update }) => update));
    cancelTimer();
    cancelRetry();
    news = [];
    parts = [];
    refused = [];
    onTheirWay.clear();
  }

  return {
    get isSaved() {
      return isSaved;
    },
    add(update) {
      become(false);
      news.push(...refused.splice(0), update);
      pump();
    },
    start(lacking) {
      stop();
      isReady = true;
      const { structs, deletions } = readUpdate(lacking);
      if (structs.length > 0) become(false);
      parts = partsOf(unacknowledged.splice(0));
      if (structs.length + deletions.length > 0) {
        const updates = splitUpdate(lacking, mostUpdateBytes);
        // Deletions are always included; the server checks whether they are new.
        const isAnswer = (update: Uint8Array) => updates.length === 1 || readUpdate(update).structs.length === 0;
        parts.push(...updates.map((update): Part => ({ kind: isAnswer(update) ? 'step2' : 'update', update })));
      }
      pump();
    },
    saved(id) {
      if (onTheirWay.delete(id)) pump();
    },
    refused(id, code) {
      const part = onTheirWay.get(id);
      if (!part) return false;
      onTheirWay.delete(id);
      if (onTheirWay.size === 0) cancelTimer();
      if (troubles.has(code)) {
        parts.unshift(part);
        cancelRetry();
        cancelRetry = clock.after(retryAfterMs, pump);
        return true;
      }
      become(false);
      refused.push(part.update, ...parts.splice(0).map(({ update }) => update), ...news.splice(0));
      return false;
    },
    uploadTo(id, url) {
      const part = onTheirWay.get(id);
      if (!part) return;
      upload(url, framed(part)).then(
        () => void send(JSON.stringify({ type: 'yjs', url: url.split('?', 1)[0], id })),
        (cause) => onTrouble('What is too large for a frame could not be put elsewhere.', cause),
      );
    },
    disconnected: stop,
  };
}

/** Merges the updates into one, and splits it into parts that fit. */
function partsOf(updates: readonly Uint8Array[]): Part[] {
  if (updates.length === 0) return [];
  return splitUpdate(Y.mergeUpdates([...updates]), mostUpdateBytes).map((update) => ({ kind: 'update', update }));
}
