import type { Awareness } from 'y-protocols/awareness';
import type { Clock } from './clock.ts';
import type { SocketConstructor, Status, Token } from './connection.ts';

/** What a program sees of `ChorusYjsProvider`. */

export interface YjsOptions {
  /** Session key, API key or JWT; a function is asked before every attempt. None: anonymous. */
  readonly token?: Token;
  /** What people show of themselves. @default one of its own */
  readonly awareness?: Awareness;
  /** Whether to connect at once. @default true */
  readonly connect?: boolean;
  /** @default the global one */
  readonly WebSocket?: SocketConstructor;
  /** For what is too large for a frame. @default the global one */
  readonly fetch?: typeof fetch;
  /** Shortest time between two states of awareness on the wire; the last one always goes out. @default 100 */
  readonly awarenessThrottleMs?: number;
  /** How long an answer may take before the socket counts as dead. @default 10000 */
  readonly answerTimeoutMs?: number;
  /** How long it may be quiet before the server is asked whether it is there. @default 60000 */
  readonly quietMs?: number;
  /** The delay before the n-th attempt to reconnect is random below min × 2^n, at most max. @default 500 and 30000 */
  readonly reconnect?: { readonly minDelayMs?: number; readonly maxDelayMs?: number };
  readonly clock?: Clock;
  /** 0 up to 1. @default Math.random */
  readonly random?: () => number;
}

export interface YjsEvents {
  /** `closed`: by the program, or because the server will not have us, of which `error` tells. */
  status: Status;
  /** True: the document has everything that the server has. False: the socket is gone. */
  synced: boolean;
  /** True: the server keeps everything that the document has. False: something is on its way. */
  saved: boolean;
  error: YjsError;
}

/** A refusal by the server, under its code (e.g. `not_authorized`, `max_size_reached`), or trouble on the way there. */
export interface YjsError {
  readonly code: string;
  readonly message: string;
  readonly cause?: unknown;
}
