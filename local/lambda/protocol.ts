import type { MessagePort } from 'node:worker_threads';
import type { Piece } from '../parts.ts';

/** Messages between the host and the worker of one execution environment. */

/** `workerData` of an environment. */
export interface EnvironmentData {
  /** The port for frames to connected clients, for a function that may post any. */
  readonly connections?: MessagePort;
  /** URL of the module, and the name of the handler's export. */
  readonly module: string;
  readonly exported: string;
  /** The parts of Lambda's context object that stay the same. */
  readonly context: Readonly<Record<string, string>>;
}

/** One invocation. */
export interface Invocation {
  readonly requestId: string;
  /** JSON, as on AWS: no handler can change what another one sees. */
  readonly event: string;
  /** Epoch ms at which the host kills the environment. */
  readonly deadline: number;
  /** The environment ends at this I/O of the invocation, counted from 1. */
  readonly killAfter?: number;
}

export type ToWorker =
  | { readonly kind: 'invoke'; readonly invocation: Invocation }
  /** The last streamed piece was processed: there is room for the next. */
  | { readonly kind: 'taken' }
  /** The client of this invocation's stream has disconnected. */
  | { readonly kind: 'gone'; readonly requestId: string };

export type FromWorker =
  | { readonly kind: 'ready' }
  /** The module could not be loaded, or has no such export. */
  | { readonly kind: 'unusable'; readonly message: string }
  /** `payload` is JSON; undefined when the handler returned nothing. */
  | { readonly kind: 'returned'; readonly requestId: string; readonly payload: string | undefined }
  | { readonly kind: 'threw'; readonly requestId: string; readonly message: string }
  /** A piece of a streamed answer; the next one comes when it has been processed. */
  | { readonly kind: 'streamed'; readonly requestId: string; readonly piece: Piece }
  /** Work that the handler left running when it returned: on AWS it would be frozen. */
  | { readonly kind: 'outstanding'; readonly what: string };
