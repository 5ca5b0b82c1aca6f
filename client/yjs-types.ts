import type { Awareness } from 'y-protocols/awareness';
import type { Clock } from './clock.ts';
import type { SocketConstructor, Status, Token } from './connection.ts';

/** The public types of `ChorusYjsProvider`. */

export interface YjsOptions {
  /** Session key, API key or JWT; a function is called before every attempt. Absent: anonymous. */
  readonly token?: Token;
  /** The awareness to share. @default a new one */
  readonly awareness?: Awareness;
  /** Whether to connect at once. @default true */
  readonly connect?: boolean;
  /** @default the global one */
  readonly WebSocket?: SocketConstructor;
  /** Transfers messages that are too large for a frame. @default the global one */
  readonly fetch?: typeof fetch;
  /** Shortest time between two awareness states to the server; the last one is always sent. @default 100 */
  readonly awarenessThrottleMs?: number;
  /** How long an answer may take before the socket counts as dead. @default 10000 */
  readonly answerTimeoutMs?: number;
  /** After how long without frames the client checks whether the server still answers. @default 60000 */
  readonly quietMs?: number;
  /** The delay before the n-th attempt to reconnect is random below min × 2^n, at most max. @default 500 and 30000 */
  readonly reconnect?: { readonly minDelayMs?: number; readonly maxDelayMs?: number };
  readonly clock?: Clock;
  /** 0 up to 1. @default Math.random */
  readonly random?: () => number;
}

export interface YjsEvents {
  /** `closed`: by the program, or because the server refused permanently; `error` then says why. */
  status: Status;
  /** True: the document has everything that the server has. False: the socket has closed. */
  synced: boolean;
  /** True: the server has stored everything in the document. False: some changes are not acknowledged yet. */
  saved: boolean;
  error: YjsError;
}

/** A refusal by the server, with its code (e.g. `not_authorized`, `max_size_reached`), or a connection error. */
export interface YjsError {
  readonly code: string;
  readonly message: string;
  readonly cause?: unknown;
}
