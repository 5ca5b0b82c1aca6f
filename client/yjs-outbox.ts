import * as Y from 'yjs';
import type { Clock } from './clock.ts';
import { splitUpdate } from './split-update.ts';
import { frame, type Id, mostFrameChars, mostUpdateBytes } from './yjs-frames.ts';
import { readUpdate } from './yjs-update.ts';

/**
 * Updates on their way. What happens while one is on its way goes out together once that is kept, so that somebody who types
 * costs one frame for each round trip. A new socket begins with the difference between the document and what the server says
 * it knows, and with what was not acknowledged on the one before: that may be kept and yet have reached nobody.
 */
export interface YjsOutbox {
  /** The document has changed. */
  add(update: Uint8Array): void;
  /** The server has said what it knows; this is what it lacks, with everything that was added before. */
  start(lacking: Uint8Array): void;
  saved(id: Id): void;
  /** @returns whether it will be tried again without more ado */
  refused(id: Id, code: string): boolean;
  /** Where to put a frame that is too large. */
  uploadTo(id: Id, url: string): void;
  disconnected(): void;
  /** Everything that was added is kept. */
  readonly isSaved: boolean;
}

export interface YjsOutboxSettings {
  readonly clock: Clock;
  readonly answerTimeoutMs: number;
  /** False when there is no open socket. */
  readonly send: (text: string) => boolean;
  /** How a message is written as a frame. @default as Yjs sockets have it */
  readonly frame?: typeof frame;
  /** Puts a text where the server said. */
  readonly upload: (url: string, text: string) => Promise<void>;
  readonly onSaved: (isSaved: boolean) => void;
  /** Something on its way is not answered, or cannot be sent: it takes another socket. */
  readonly onTrouble: (message: string, cause?: unknown) => void;
}

interface Part {
  readonly kind: 'step2' | 'update';
  readonly update: Uint8Array;
}

/** Parts of one update that are on their way at a time. */
const mostOnTheirWay = 8;
/** Passing trouble; after this long it is tried again. */
const troubles = new Set(['service_unavailable', 'took_too_long', 'server_error', 'rate_limit_exceeded']);
const retryAfterMs = 2_000;

export function createYjsOutbox(settings: YjsOutboxSettings): YjsOutbox {
  const { clock, answerTimeoutMs, send, upload, onSaved, onTrouble } = settings;
  const framed = settings.frame ?? frame;
  let isReady = false;
  let isSaved = false;
  let count = 0;
  /** Has not been cut into parts. */
  let news: Uint8Array[] = [];
  let parts: Part[] = [];
  /** Was on its way when a socket ended. */
  const unacknowledged: Uint8Array[] = [];
  /** What comes later builds on it, so it goes along with the next change, should it be allowed by then. */
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
        // Deletions are always told, known or not: the server looks whether those are news.
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

/** One update after the other, or rather all in one, in parts that fit. */
function partsOf(updates: readonly Uint8Array[]): Part[] {
  if (updates.length === 0) return [];
  return splitUpdate(Y.mergeUpdates([...updates]), mostUpdateBytes).map((update) => ({ kind: 'update', update }));
}
