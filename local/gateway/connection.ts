import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock.ts';
import { frameWatch } from './frames.ts';
import type { ConnectionFacts } from './socket-event.ts';
import type { Writer } from './writer.ts';

/** One open WebSocket. */
export interface Connection {
  readonly facts: ConnectionFacts;
  /** False from the moment that one side begins to close. */
  isOpen(): boolean;
  /** Epoch ms of the last frame in either direction. */
  lastActiveAt(): number;
  /**
   * Sends a message made by `textMessage`. `slow`: the client reads too slowly, and nothing was sent. `gone`: the
   * connection is closed or closing.
   */
  post(message: Buffer): 'sent' | 'gone' | 'slow';
  /** Closes from our side; frames that were posted before still arrive. */
  close(code: number, reason: string): void;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
}

export interface ConnectionOptions {
  readonly facts: ConnectionFacts;
  readonly websocket: WebSocket;
  readonly socket: Duplex;
  readonly writer: Writer;
  readonly clock: Clock;
  /** The connection is closed after this time without a frame in either direction, ms. */
  readonly idleMs: number;
  /** The connection is closed after this time whatever the traffic, ms. */
  readonly lifetimeMs: number;
  /**
   * Called when a frame above 32 KB has begun; if it returns true, the connection closes with 1009, as in API Gateway.
   */
  onLargeFrame(): boolean;
  onMessage(text: string): void;
  /** Called once, after the connection is closed; the code is that of the closing side. */
  onClose(code: number, reason: string): void;
}

/** The bytes that may wait for a slow client before posts are refused. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** The time that a client has to answer a close. */
const CLOSE_PATIENCE_MS = 3_000;
const GOING_AWAY = { code: 1001, reason: 'Going away' } as const;

/** Handles an upgraded socket: limits, close codes, and frames in both directions. */
export function openConnection(options: ConnectionOptions): Connection {
  const { facts, websocket, socket, writer, clock } = options;
  let lastActiveAt = clock.now();
  let closing: { code: number; reason: string } | undefined;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const cancels = new Set<() => void>();

  function after(delayMs: number, task: () => void): void {
    const cancel = clock.after(delayMs, () => {
      cancels.delete(cancel);
      task();
    });
    cancels.add(cancel);
  }

  const isOpen = () => closing === undefined && websocket.readyState === websocket.OPEN;

  function close(code: number, reason: string): void {
    if (!isOpen()) return;
    closing = { code, reason };
    websocket.close(code, reason);
    after(CLOSE_PATIENCE_MS, () => websocket.terminate());
  }

  function closeWhenIdle(): void {
    const leftMs = lastActiveAt + options.idleMs - clock.now();
    if (leftMs <= 0) close(GOING_AWAY.code, GOING_AWAY.reason);
    else after(leftMs, closeWhenIdle);
  }

  let isLarge: ((chunk: Buffer) => boolean) | undefined = frameWatch();
  // Before ws sees the bytes, because it removes the mask in place, and joins frames.
  socket.prependListener('data', (chunk: Buffer) => {
    lastActiveAt = clock.now();
    if (closing !== undefined || !isLarge?.(chunk)) return;
    isLarge = undefined;
    if (options.onLargeFrame()) close(1009, '');
  });
  websocket.on('message', (data: Buffer, isBinary: boolean) => {
    if (closing !== undefined) return;
    if (isBinary) close(1003, '');
    else options.onMessage(data.toString());
  });
  websocket.on('error', (error: Error & { code?: string }) => {
    // ws closes on its own; only the code for a message above the limit has to be known.
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') closing ??= { code: 1009, reason: '' };
    after(CLOSE_PATIENCE_MS, () => websocket.terminate());
  });
  websocket.on('close', (code, reason) => {
    for (const cancel of cancels) cancel();
    cancels.clear();
    options.onClose(closing?.code ?? code, closing?.reason ?? reason.toString());
    resolve();
  });
  after(options.idleMs, closeWhenIdle);
  after(options.lifetimeMs, () => close(GOING_AWAY.code, GOING_AWAY.reason));

  return {
    facts,
    isOpen,
    lastActiveAt: () => lastActiveAt,
    post(message) {
      if (!isOpen()) return 'gone';
      if (socket.writableLength > MAX_WAITING_BYTES) return 'slow';
      lastActiveAt = clock.now();
      writer.write(socket, message);
      return 'sent';
    },
    close,
    closed,
  };
}
