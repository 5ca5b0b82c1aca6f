import type { Connection } from './connection.ts';
import type { EpochMs, UserId } from './names.ts';

/** What a user may do beyond their own; none implies another. Given by configuration, never by an API. */
export type Role = 'none' | 'moderator' | 'superUser' | 'system';

export type Scope = 'read' | 'write' | 'admin';

/** One project or instance, beside which a credential counts nowhere. */
export interface Reach {
  readonly type: 'project' | 'instance';
  readonly id: string;
}

interface Shown {
  readonly id: string;
  readonly expiresAt: EpochMs | null;
  /** What a one-time token hands on of it, and no more; only instances take such tokens. */
  readonly atMost?: Scope;
}

/** What somebody showed to be who they are. */
export type Credential = Shown &
  (
    | { readonly kind: 'session' }
    | {
        readonly kind: 'apiKey';
        readonly scopes: readonly Scope[];
        /** Absent: the whole account. */
        readonly reach?: Reach;
      }
    /** The application module vouches for them. */
    | { readonly kind: 'app' }
    /** Somebody develops, and has shown nothing: over HTTP a user like others, over a socket admin of any instance. */
    | { readonly kind: 'developer'; readonly over: 'http' | 'socket' }
    | { readonly kind: 'jwt' }
  );

/** A signed-in person. One id however they come in. */
export interface Identity {
  readonly userId: UserId;
  readonly role: Role;
  readonly credential: Credential;
  /** Shown to others in a room. */
  readonly name?: string;
  readonly email?: string;
  /** Addresses that they have proven to be theirs: what settings and applications give to an address counts for these. */
  readonly provenAddresses?: readonly string[];
  /** What the application said of them when it vouched for them. */
  readonly appRoles?: readonly string[];
  /** Who vouches for them when it is not us: `google`, `microsoft`, `custom` or the issuer's configured name. */
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
  /** `Idempotency-Key` of an HTTP request: what is sent again with it takes effect once, where an operation says so. */
  readonly idempotencyKey?: string;
  /** The host that an HTTP request asked for, as the viewer knows it. Not to be trusted. */
  readonly host?: string;
  /** What the program that sent an HTTP request calls itself. */
  readonly userAgent?: string;
  /** The HTTP request itself, where an operation's contract says `raw`. */
  readonly request?: RawRequest;
  /**
   * Makes a signal for what may take long: aborted shortly before there is no time left to answer, or when nobody waits for
   * the answer any more. Absent where whoever runs us sets no such end.
   */
  readonly patience?: () => AbortSignal;
  /**
   * Makes a signal for an answer that goes out while it is made: aborted when it has to have begun, for whoever stands between
   * gives up on silence. Absent where answers go out whole.
   */
  readonly beginning?: () => AbortSignal;
}

/** An HTTP request that an operation looks at itself. */
export interface RawRequest {
  /** @param name in lower case */
  header(name: string): string | undefined;
  /** As it was sent, byte by byte. */
  readonly body: Uint8Array;
}

/** Who sent a frame, and which delivery of it this is. */
export interface SocketCaller extends Caller {
  readonly connection: Connection;
  readonly frame: Frame;
  /** What the answer must carry back, where the dialect correlates answers. */
  readonly correlation?: unknown;
}

/** One delivery of one frame. */
export interface Frame {
  /** Same for every delivery of this frame. */
  readonly requestId: string;
  /** When the gateway took it in. */
  readonly at: EpochMs;
  /** 1 for the first delivery; more when the lane delivers it again after a failure. */
  readonly attempt: number;
  /** Its place in the lane: text that sorts. Frames that did not come through the lane have none. */
  readonly place?: string;
}
