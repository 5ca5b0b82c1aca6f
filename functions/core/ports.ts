import type { App } from './app.ts';
import type { Changes } from './changes.ts';
import type { Callee, SharedFolder, Worker } from './env.ts';
import type { CloseReason } from './errors.ts';
import type { Limits } from './limits.ts';
import type { ConnectionId, EpochMs } from './names.ts';
import type { Settings } from './settings.ts';
import type { Table } from './table.ts';

/** What a capability may touch. Built once per cold start by `adapters/runtime.ts`, by `test/support/world.ts` in tests. */
export interface Ports {
  readonly clock: Clock;
  readonly ids: Ids;
  /** Everything durable. */
  readonly table: Table;
  /** Sockets and who listens to what; short-lived. */
  readonly connections: Table;
  /** What is too large for an item. */
  readonly blobs: Blobs;
  /** The bytes of files. */
  readonly files: Files;
  readonly gateway: Gateway;
  /** Later work for the fan-out function, in order within a group. */
  readonly fanOut: FanOut;
  /** What webhooks are to be told, for the function that reaches outside: in order within a group, each at least once. */
  readonly deliveries: FanOut;
  /** The fan-out function again, at a given time. */
  readonly reminders: Reminders;
  /** The lane: what a connection is told and asks, one at a time. */
  readonly lane: Lane;
  /** Other functions of ours. */
  readonly functions: Functions;
  /** The internet, where others say where to. */
  readonly outbound: Outbound;
  readonly outbox: Outbox;
  readonly secrets: Secrets;
  /** What owners' subscriptions allow. */
  readonly limits: Limits;
  readonly log: Log;
  /** What the request that is being served changes in buckets. Absent where nobody looks before the stream does. */
  readonly changes?: Changes;
  readonly settings: Settings;
  /** What the deployment adds in code. */
  readonly app: App;
}

export interface Clock {
  now(): EpochMs;
  /** Milliseconds since this process started. */
  upFor(): number;
  /** Resolves after that many milliseconds. Nothing in the lane waits longer than a few tens of them. */
  wait(ms: number): Promise<void>;
}

export interface Ids {
  /** A random UUID. */
  uuid(): string;
  /** So many random bytes from a cryptographic source. */
  bytes(length: number): Uint8Array;
  /** Uniform over 0 .. below-1, from a cryptographic source. */
  integer(below: number): number;
}

/**
 * Texts of any size, each written once under a name of its own. Names are made of letters, digits, `-`, `_` and `/`. What
 * has been put can be read at once; what has been deleted is gone for everybody.
 */
export interface Blobs {
  put(name: string, text: string): Promise<void>;
  /**
   * Undefined when there is none, or none any more.
   * @param atMostBytes of what somebody else has put there
   * @throws Failure `too_large` when it has more
   */
  get(name: string, atMostBytes?: number): Promise<string | undefined>;
  /** What is not there has been deleted already. */
  delete(name: string): Promise<void>;
  /**
   * Where somebody else may PUT JSON under a name in `messagesFolder`, for an hour, and no longer than our own credentials
   * hold. The headers `content-type: application/json` and `x-amz-acl: bucket-owner-full-control` are part of the signature:
   * a PUT without just these is refused.
   * @param bytes that it has to have, where that is known
   */
  signUpload(name: string, bytes?: number): string;
  /** Where somebody else may GET a blob in `messagesFolder` or `valuesFolder` as JSON, for as long. */
  signRead(name: string): string;
  /**
   * The name of the blob that a URL means, its query overlooked; undefined for a URL elsewhere.
   * @param folder default `messagesFolder`
   */
  nameIn(url: string, folder?: SharedFolder): string | undefined;
}

/** A request that somebody else may send: signed for 15 minutes, and no longer than our own credentials hold. */
export interface SignedRequest {
  readonly url: string;
  /** Lower-case names. All are part of the signature. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The only bytes that an upload lets in. */
export interface Upload {
  /** Hexadecimal, in lower case. */
  readonly sha256Hex: string;
  readonly sizeInBytes: number;
  readonly mimeType: string;
  /** Whether everybody may read it by its URL, from the first moment on. */
  readonly isPublic: boolean;
}

/** Bytes of files in the object store, by keys made of letters, digits, `-`, `_`, `.` and `/`. They do not pass through here. */
export interface Files {
  /** Where the object is for good. Whoever asks there without a signature gets it while it is public. */
  urlOf(key: string): string;
  /** The reverse; undefined for a URL elsewhere. A query is overlooked. */
  keyIn(url: string): string | undefined;
  /** A PUT to the object's URL; the store refuses anything else than what is said here. */
  upload(key: string, upload: Upload): SignedRequest;
  /** A GET of the object's URL. */
  read(key: string): SignedRequest;
  /** Counts at once, whatever was said when it was uploaded. Throws where there is no object. */
  setPublic(key: string, isPublic: boolean): Promise<void>;
  /** What is not there has been erased already. */
  erase(key: string): Promise<void>;
}

/** What became of a frame posted to many. Whoever is in neither list got it. */
export interface Posted {
  /** These connections do not exist any more: forget them. */
  readonly gone: readonly ConnectionId[];
  /** Delivery failed or is unknown after retries (429, 5xx); the connection may well live. */
  readonly failed: readonly ConnectionId[];
  /** Those of the failed that certainly did not get it, since they read too slowly: may be offered again. Absent: none. */
  readonly slow?: readonly ConnectionId[];
}

/**
 * Reaches connected clients. A frame posted after another one has been resolved arrives after it; concurrent posts to one
 * connection arrive in any order. A vanished client is noticed late: `gone` is certain, its absence promises nothing.
 * A connection cannot be posted to before its `$connect` has returned (it is `gone` until then).
 */
export interface Gateway {
  /** Hands one frame to all of them, concurrently; one failing recipient never fails the rest. */
  post(to: readonly ConnectionId[], frame: string): Promise<Posted>;
  /** Ends a socket; its `$disconnect` follows. Closing a socket that is gone is no error. */
  close(connection: ConnectionId, why: CloseReason): Promise<void>;
}

/** Work for later: JSON, at most 256 KB once `core/job-text.ts` has packed it. Jobs of one group run one at a time and in order; each at least once. */
export interface Job {
  readonly kind: string;
  readonly group: string;
  /** Two jobs with one id within five minutes are one job. */
  readonly id: string;
  readonly body: unknown;
}

export interface FanOut {
  send(jobs: readonly Job[]): Promise<void>;
}

/** Something to look at again: JSON, at most 200 KB. */
export interface Reminder {
  /** Of a job that the fan-out function knows. */
  readonly kind: string;
  readonly at: EpochMs;
  readonly body: unknown;
}

/**
 * Wakes the fan-out function up: at least once, not before the time, and mostly within a second after it. A reminder cannot
 * be taken back; whoever is woken up looks whether there is still something to do.
 */
export interface Reminders {
  set(reminder: Reminder): Promise<void>;
}

export interface Lane {
  /** Puts a greeting behind what the connection has sent so far; it is asked for once `$connect` has returned. */
  greet(connection: ConnectionId): Promise<void>;
}

/**
 * Our other functions, for what arrives where the gateway could not know whom it is for. An event is handed over as the
 * gateway made it, so that nobody need know whether it came straight or was passed on.
 */
export interface Functions {
  /**
   * Runs a function and waits for what it returns. Never twice when it may have run: an answer that is lost is passing
   * trouble. @throws Failure `too_large`; Error when the function itself fails
   */
  invoke(callee: Callee, event: object): Promise<unknown>;
  /**
   * Has a function run for this event soon: at least once, and after a failure twice more, minutes later. What becomes of it
   * is not told. @throws Failure `too_large` above 256 KB
   */
  start(callee: Callee | Worker, event: object): Promise<void>;
}

/** A request to a URL that somebody else has chosen. */
export interface OutboundRequest {
  readonly url: string;
  /** @default 'GET' */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For all of it: finding the host, its redirects, the last byte of the answer. */
  readonly timeoutMs: number;
  /** Of the answer's body; 0: it is not read. */
  readonly maxBytes: number;
  /**
   * How many redirects are followed, each as well guarded, with GET and without body.
   * @default 0 - they are answers like others
   */
  readonly redirects?: number;
}

export interface OutboundAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * The internet as strangers may use it: https only, and only hosts all of whose addresses are public ones, so that nobody
 * reaches through us what they could not reach themselves. Hosts that the setting `OUTBOUND_ALLOW_HOSTS` lists are excepted.
 */
export interface Outbound {
  /** Whether a URL may be asked for, as far as can be told now. @throws Failure `unacceptable_url` */
  check(url: string): Promise<void>;
  /**
   * Sends it once, whatever becomes of it. Every status is an answer.
   * @throws Failure `unacceptable_url` when it may not be asked for, `too_large`, `took_too_long`, or `service_unavailable`
   * when the host cannot be reached or breaks off
   */
  send(request: OutboundRequest): Promise<OutboundAnswer>;
}

/** Mail and text messages. Resolves once the provider has taken the message; throws when it did not. */
export interface Outbox {
  /** Undefined where the setting for that channel is missing. */
  readonly email: ((to: string, subject: string, text: string) => Promise<void>) | undefined;
  readonly sms: ((to: string, text: string) => Promise<void>) | undefined;
}

export interface Secrets {
  /** 32 bytes or more that only this deployment knows: peppers codes, derives connection secrets. Cached. */
  server(): Promise<Uint8Array>;
  /** What our own edge adds to each request, so that its word on the viewer's address is believed; absent without an edge. */
  readonly edge?: () => Promise<Uint8Array>;
  /** The text of a secret that a setting names by its ARN. Cached. */
  named(arn: string): Promise<string>;
}

/** One JSON line per entry. Never given a secret. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, cause: unknown, fields?: Readonly<Record<string, unknown>>): void;
}
