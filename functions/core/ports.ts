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
  /** Short-lived: sockets and the members of channels. */
  readonly connections: Table;
  /** Texts that are too large for an item. */
  readonly blobs: Blobs;
  /** The bytes of files. */
  readonly files: Files;
  readonly gateway: Gateway;
  /** Later work for the fan-out function, in order within a group. */
  readonly fanOut: FanOut;
  /** Webhook deliveries, for the function that sends them: in order within a group, each at least once. */
  readonly deliveries: FanOut;
  /** The fan-out function again, at a given time. */
  readonly reminders: Reminders;
  /** The lane: processes a connection's frames one at a time. */
  readonly lane: Lane;
  /** Other functions of ours. */
  readonly functions: Functions;
  /** Requests to URLs that users supply. */
  readonly outbound: Outbound;
  readonly outbox: Outbox;
  readonly secrets: Secrets;
  /** What owners' subscriptions allow. */
  readonly limits: Limits;
  readonly log: Log;
  /** Collects the bucket changes of the current request. Absent if only the table's stream needs them. */
  readonly changes?: Changes;
  readonly settings: Settings;
  /** The application module. */
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
 * Texts of any size, each written once under a name of its own. Names are made of letters, digits, `-`, `_` and `/`. A
 * blob can be read as soon as `put` resolves, and by nobody once it is deleted.
 */
export interface Blobs {
  put(name: string, text: string): Promise<void>;
  /**
   * Undefined when the blob does not exist, or was deleted.
   * @param atMostBytes limit for a blob that a client uploaded
   * @throws Failure `too_large` when it has more
   */
  get(name: string, atMostBytes?: number): Promise<string | undefined>;
  /** Deleting a blob that does not exist succeeds. */
  delete(name: string): Promise<void>;
  /**
   * A URL to which a client may PUT JSON under a name in `messagesFolder`, for an hour at most, and no longer than our
   * own credentials are valid. The headers `content-type: application/json` and `x-amz-acl: bucket-owner-full-control`
   * are part of the signature: a PUT without just these is refused.
   * @param bytes the exact size, if it is known
   */
  signUpload(name: string, bytes?: number): string;
  /** A URL from which a client may GET a blob in `messagesFolder` or `valuesFolder` as JSON, for as long. */
  signRead(name: string): string;
  /**
   * The name of the blob that a URL points to, ignoring its query; undefined for other URLs.
   * @param folder default `messagesFolder`
   */
  nameIn(url: string, folder?: SharedFolder): string | undefined;
}

/** A signed request that a client may send: valid for 15 minutes, and no longer than our own credentials. */
export interface SignedRequest {
  readonly url: string;
  /** Lower-case names. All are part of the signature. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The bytes that an upload must have; the store refuses others. */
export interface Upload {
  /** Hexadecimal, in lower case. */
  readonly sha256Hex: string;
  readonly sizeInBytes: number;
  readonly mimeType: string;
  /** Whether everyone may read it by its URL as soon as it is uploaded. */
  readonly isPublic: boolean;
}

/**
 * The bytes of files in the object store, by keys made of letters, digits, `-`, `_`, `.` and `/`. Clients send and
 * fetch them directly.
 */
export interface Files {
  /** The object's permanent URL. While the object is public, it can be read there without a signature. */
  urlOf(key: string): string;
  /** The reverse; undefined for other URLs. A query is ignored. */
  keyIn(url: string): string | undefined;
  /** A PUT to the object's URL; the store refuses any other bytes or headers. */
  upload(key: string, upload: Upload): SignedRequest;
  /** A GET of the object's URL. */
  read(key: string): SignedRequest;
  /** Takes effect at once, and overrides `isPublic` of the upload. Throws if the object does not exist. */
  setPublic(key: string, isPublic: boolean): Promise<void>;
  /** Erasing a file that does not exist succeeds. */
  erase(key: string): Promise<void>;
}

/** The result of posting a frame to many. Connections in neither list got it. */
export interface Posted {
  /** These connections do not exist any more: forget them. */
  readonly gone: readonly ConnectionId[];
  /** Delivery failed or is unknown after retries (429, 5xx); the connection may well live. */
  readonly failed: readonly ConnectionId[];
  /**
   * The failed connections that certainly did not get the frame, because they read too slowly. It may be posted to them
   * again. Absent: none.
   */
  readonly slow?: readonly ConnectionId[];
}

/**
 * Reaches connected clients. A frame that is posted after an earlier post has resolved arrives after it; concurrent
 * posts to one connection arrive in any order. The gateway notices a vanished client late: `gone` is certain, its
 * absence promises nothing. Until a connection's `$connect` has returned, posts to it report `gone`.
 */
export interface Gateway {
  /** Posts one frame to all of them concurrently. A failing recipient does not affect the others. */
  post(to: readonly ConnectionId[], frame: string): Promise<Posted>;
  /** Closes a socket; its `$disconnect` follows. Closing a socket that is gone is no error. */
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

/** A check to make at a later time: JSON, at most 200 KB. */
export interface Reminder {
  /** A job kind of the fan-out function. */
  readonly kind: string;
  readonly at: EpochMs;
  readonly body: unknown;
}

/**
 * Starts the fan-out function at a given time: at least once, never early, and mostly within a second after it. A
 * reminder cannot be cancelled, so the function checks whether there is still something to do.
 */
export interface Reminders {
  set(reminder: Reminder): Promise<void>;
}

export interface Lane {
  /** Queues the greeting behind the frames that the connection has sent so far. Called once `$connect` has returned. */
  greet(connection: ConnectionId): Promise<void>;
}

/**
 * Our other functions, for requests whose function the gateway could not know. The event is passed on exactly as the
 * gateway made it, so that a function need not know whether it came directly.
 */
export interface Functions {
  /**
   * Runs a function and waits for its result. It is never retried if it may have run: a lost answer is a temporary
   * failure. @throws Failure `too_large`; Error when the function itself fails
   */
  invoke(callee: Callee, event: object): Promise<unknown>;
  /**
   * Starts a function for this event and does not wait: it runs at least once, and after a failure twice more, minutes
   * later. Its result is not reported. @throws Failure `too_large` above 256 KB
   */
  start(callee: Callee | Worker, event: object): Promise<void>;
}

/** A request to a URL that a user has supplied. */
export interface OutboundRequest {
  readonly url: string;
  /** @default 'GET' */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Time limit for everything: DNS, redirects, and the last byte of the answer. */
  readonly timeoutMs: number;
  /** Limit of the answer's body; 0: the body is not read. */
  readonly maxBytes: number;
  /**
   * How many redirects to follow, each checked like the first URL, with GET and without a body.
   * @default 0: redirects are returned as answers
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
 * Requests to the public internet on behalf of users: only https, and only hosts all of whose addresses are public. So
 * users cannot reach our private network through the server. The setting `OUTBOUND_ALLOW_HOSTS` lists exceptions.
 */
export interface Outbound {
  /** Checks a URL as far as possible before a request. @throws Failure `unacceptable_url` */
  check(url: string): Promise<void>;
  /**
   * Sends the request once, without retries. Every status counts as an answer.
   * @throws Failure `unacceptable_url` when the URL is not allowed, `too_large`, `took_too_long`, or
   * `service_unavailable` when the host cannot be reached or ends the connection early
   */
  send(request: OutboundRequest): Promise<OutboundAnswer>;
}

/** Mail and text messages. Resolves once the provider has accepted the message, and throws otherwise. */
export interface Outbox {
  /** Undefined if the setting for that channel is missing. */
  readonly email: ((to: string, subject: string, text: string) => Promise<void>) | undefined;
  readonly sms: ((to: string, text: string) => Promise<void>) | undefined;
}

export interface Secrets {
  /** The server's secret, 32 bytes or more: peppers codes and derives connection secrets. Cached. */
  server(): Promise<Uint8Array>;
  /**
   * The secret that the edge adds to each request, which proves that the client's address in the request is from the
   * edge; absent without an edge.
   */
  readonly edge?: () => Promise<Uint8Array>;
  /** The text of a secret that a setting names by its ARN. Cached. */
  named(arn: string): Promise<string>;
}

/** One JSON line per entry. Never given a secret. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, cause: unknown, fields?: Readonly<Record<string, unknown>>): void;
}
