import type { Clock } from './clock.ts';
import { RoomsError } from './errors.ts';
import type { SendChatPayload, StoredChatMessage } from './protocol.ts';

/**
 * Chat messages without an acknowledgement yet. The server stores a message before it echoes it, so the echo is the
 * acknowledgement. If the socket breaks before it, the client sends the message again with the same id, and the server
 * stores it once. Echoes do not contain this id: the client recognizes them by sender, content and order.
 */
export interface Outbox {
  add(outgoing: Outgoing): void;
  /** After a join: sends the messages that were not sent on this socket yet. */
  resend(roomId: string): void;
  /** The client leaves the room: messages that were sent will still be echoed, the others are not sent. */
  left(roomId: string): void;
  /** The socket has closed. */
  disconnected(): void;
  /** Handles an echo of this client's own message, live or in a snapshot. */
  settle(echo: StoredChatMessage): void;
  /** The server refused a frame; its errors do not say which. */
  refused(error: RoomsError): void;
  /** Rejects all pending messages: no more echoes will come. */
  abandon(error: RoomsError): void;
}

export interface Outgoing {
  readonly roomId: string;
  readonly payload: SendChatPayload;
  /** The frame. */
  readonly text: string;
  readonly resolve: (echo: StoredChatMessage) => void;
  readonly reject: (error: RoomsError) => void;
}

export interface OutboxSettings {
  readonly clock: Clock;
  readonly answerTimeoutMs: number;
  /** False when there is no open socket. */
  readonly send: (text: string) => boolean;
  /** Called when neither an echo nor a refusal came in time: the socket may be dead. */
  readonly onSilence: () => void;
}

interface Pending extends Outgoing {
  readonly content: string;
  firstSentAtMs?: number;
  isOnSocket: boolean;
  isLeft: boolean;
  silences: number;
  refusal?: RoomsError;
  cancelTimer?: () => void;
}

/** The server knows an id for 10 minutes. Later a repeat could be stored twice. */
const REPEATABLE_MS = 9 * 60_000;
const MOST_SILENCES = 3;
const REMEMBERED_ECHOES = 1_000;

export function createOutbox({ clock, answerTimeoutMs, send, onSilence }: OutboxSettings): Outbox {
  let pending: Pending[] = [];
  const echoed = new Set<string>();

  function done(one: Pending): void {
    one.cancelTimer?.();
    pending = pending.filter((other) => other !== one);
  }
  function fail(one: Pending, error: RoomsError): void {
    done(one);
    one.reject(error);
  }
  function post(one: Pending): void {
    if (one.firstSentAtMs !== undefined && clock.now() - one.firstSentAtMs > REPEATABLE_MS) {
      fail(one, new RoomsError('TIMED_OUT', 'No echo within 9 minutes; whether the message was stored is not known.'));
      return;
    }
    if (!send(one.text)) return;
    one.firstSentAtMs ??= clock.now();
    one.isOnSocket = true;
    one.cancelTimer?.();
    one.cancelTimer = clock.after(answerTimeoutMs, () => onTimeout(one));
  }
  function onTimeout(one: Pending): void {
    one.silences += 1;
    if (one.isLeft) fail(one, leftRoom());
    else if (one.refusal && one.silences > 1) fail(one, one.refusal);
    else if (one.refusal) post(one);
    else if (one.silences >= MOST_SILENCES) fail(one, new RoomsError('TIMED_OUT', 'The server did not answer.'));
    else onSilence();
  }

  return {
    add(outgoing) {
      const { message, metadata } = outgoing.payload;
      const content = contentOf(outgoing.roomId, message, metadata);
      const one = { ...outgoing, content, isOnSocket: false, isLeft: false, silences: 0 };
      pending.push(one);
      post(one);
    },
    resend(roomId) {
      for (const one of [...pending]) {
        if (one.roomId !== roomId) continue;
        one.isLeft = false;
        if (!one.isOnSocket) post(one);
      }
    },
    left(roomId) {
      for (const one of [...pending]) {
        if (one.roomId === roomId && one.isOnSocket) one.isLeft = true;
        else if (one.roomId === roomId) fail(one, leftRoom());
      }
    },
    disconnected() {
      for (const one of [...pending]) {
        one.cancelTimer?.();
        one.isOnSocket = false;
        if (one.isLeft) fail(one, leftRoom());
      }
    },
    settle(echo) {
      if (echoed.has(echo.id)) return; // of two equal messages, the second has an echo of its own
      echoed.add(echo.id);
      const [oldest] = echoed;
      if (echoed.size > REMEMBERED_ECHOES && oldest !== undefined) echoed.delete(oldest);
      const content = contentOf(echo.roomId, echo.message, echo.metadata);
      const found = pending.find((one) => one.firstSentAtMs !== undefined && one.content === content);
      if (!found) return;
      // The server answers a sender's messages in order, so a message without an answer before this one was the refused
      // one, if any was.
      const passed = pending.slice(0, pending.indexOf(found)).filter((one) => one.isOnSocket);
      done(found);
      found.resolve(echo);
      for (const one of passed) if (one.refusal) fail(one, one.refusal);
    },
    refused(error) {
      for (const one of pending) if (one.isOnSocket) one.refusal ??= error;
    },
    abandon(error) {
      for (const one of [...pending]) fail(one, error);
    },
  };
}

function leftRoom(): RoomsError {
  return new RoomsError(
    'LEFT_ROOM',
    'The room was left before the echo came; whether the message was stored is not known.',
  );
}

/** The common content of a message and its echo. Keys are sorted, because a store may change their order. */
function contentOf(roomId: string, message: string, metadata: unknown): string {
  const sorted = (_key: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return JSON.stringify([roomId, message, metadata], sorted);
}
