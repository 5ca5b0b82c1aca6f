import type { Connection } from './connection.ts';
import type { EpochMs, UserId } from './names.ts';

/**
 * Rights of a user beyond their own data; no role includes another. Operators assign them by configuration, never by an
 * API.
 */
export type Role = 'none' | 'moderator' | 'superUser' | 'system';

export type Scope = 'read' | 'write' | 'admin';

/** The one project or instance to which a credential is limited. */
export interface Reach {
  readonly type: 'project' | 'instance';
  readonly id: string;
}

interface Shown {
  readonly id: string;
  readonly expiresAt: EpochMs | null;
  /** The highest permission that a one-time token passes on. Only instances accept such tokens. */
  readonly atMost?: Scope;
}

/** The credential with which a caller authenticated. */
export type Credential = Shown &
  (
    | { readonly kind: 'session' }
    | {
        readonly kind: 'apiKey';
        readonly scopes: readonly Scope[];
        /** Absent: the whole account. */
        readonly reach?: Reach;
      }
    /** The application module authenticated the user. */
    | { readonly kind: 'app' }
    /** A developer without a credential: over HTTP an ordinary user, over a socket admin of any instance. */
    | { readonly kind: 'developer'; readonly over: 'http' | 'socket' }
    | { readonly kind: 'jwt' }
  );

/** A signed-in user, with the same id for every way of signing in. */
export interface Identity {
  readonly userId: UserId;
  readonly role: Role;
  readonly credential: Credential;
  /** Shown to others in a room. */
  readonly name?: string;
  readonly email?: string;
  /** Addresses that the user has verified. Rights that settings and applications give to an address apply to these. */
  readonly provenAddresses?: readonly string[];
  /** Roles that the application gave the user when it authenticated them. */
  readonly appRoles?: readonly string[];
  /**
   * The identity provider that authenticated the user, if any: `google`, `microsoft`, `custom` or the issuer's
   * configured name.
   */
  readonly provider?: string;
}

/** Who is calling, the same for HTTP, sockets and every dialect. */
export interface Caller {
  /** Undefined: anonymous. */
  readonly identity: Identity | undefined;
  /** The network address that the gateway (or our own edge) saw. */
  readonly ip: string;
  /** `Origin` of an HTTP request. */
  readonly origin?: string;
  /**
   * `Idempotency-Key` of an HTTP request: in operations that support it, repeated requests with one key take effect
   * once.
   */
  readonly idempotencyKey?: string;
  /** The host of an HTTP request as the client wrote it. Not to be trusted. */
  readonly host?: string;
  /** `User-Agent` of an HTTP request. */
  readonly userAgent?: string;
  /** The HTTP request itself, if the operation's contract says `raw`. */
  readonly request?: RawRequest;
  /**
   * Makes a signal for work that may take long. It aborts shortly before the time to answer runs out, or when the
   * client no longer waits. Absent if there is no such time limit.
   */
  readonly patience?: () => AbortSignal;
  /**
   * Makes a signal for a streamed answer. It aborts at the latest moment for the first byte, because proxies in between
   * give up on silence. Absent if answers are not streamed.
   */
  readonly beginning?: () => AbortSignal;
}

/** An HTTP request that the operation decodes itself. */
export interface RawRequest {
  /** @param name in lower case */
  header(name: string): string | undefined;
  /** As it was sent, byte by byte. */
  readonly body: Uint8Array;
}

/** The sender of a frame, and the delivery of it. */
export interface SocketCaller extends Caller {
  readonly connection: Connection;
  readonly frame: Frame;
  /** The correlation id that the answer must repeat, in dialects that have one. */
  readonly correlation?: unknown;
}

/** One delivery of a frame. */
export interface Frame {
  /** The same for every delivery of this frame. */
  readonly requestId: string;
  /** When the gateway received it. */
  readonly at: EpochMs;
  /** 1 for the first delivery; more when the lane delivers it again after a failure. */
  readonly attempt: number;
  /** Its place in the lane: text that sorts. Frames that did not come through the lane have none. */
  readonly place?: string;
}
