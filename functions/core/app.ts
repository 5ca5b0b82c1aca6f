import type { AppQuery } from './app-query.ts';
import type { BucketDefinition } from './bucket-definition.ts';
import type { ChatStorage } from './chat-storage.ts';
import type { NodeStorage } from './node-storage.ts';
import type { RuleDefinition } from './rule-definition.ts';
import type { Permissions, StoreSession, Tier } from './store-permissions.ts';

/** The upgrade request of a socket, for {@link App.authorize}. */
export interface UpgradeRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly ip: string;
  /** The user whom the server's own check of the credential found; undefined if none. */
  readonly userId: string | undefined;
}

/**
 * The user whom the application names for a new connection. Without a user id it stays anonymous, with a name that
 * others see.
 */
export interface Authorized {
  readonly userId?: string;
  readonly name?: string;
  readonly email?: string;
}

/** A user whom the application itself has authenticated. */
export interface Validated {
  readonly userId: string;
  readonly roles?: readonly string[];
  readonly expiresAt?: number | null;
}

/** Who may sign in over a socket, and what they may do. */
export interface AppAuth {
  /** The server answers only `auth.*` requests until the client has signed in. @default true */
  readonly required?: boolean;
  /** Called for tokens that the server itself did not issue. Its user ids get the prefix `app:`. */
  readonly validate?: (token: string) => Promise<Validated | null> | Validated | null;
  /** Roles beside `user`. Called with every request. */
  readonly roles?: (person: SignedInPerson) => readonly string[];
  /** @default everything is allowed that needs no administrator */
  readonly permissions?: Permissions;
}

/** A signed-in user, as the application sees them. */
export interface SignedInPerson {
  readonly userId: string;
  /** Addresses that the user has verified. */
  readonly addresses: readonly string[];
}

/** Rules that events, facts and timers trigger. */
export interface AppRules {
  /** @default true */
  readonly enabled?: boolean;
  /** Clients can enable and disable these at run time, but not change them. */
  readonly definitions?: readonly RuleDefinition[];
  /** Rules of a group that is not enabled do not run. */
  readonly groups?: readonly { readonly id: string; readonly name: string; readonly enabled: boolean }[];
  /** Functions that rules may call, by service and method. A call fails after five seconds. */
  readonly services?: Readonly<Record<string, Readonly<Record<string, RuleService>>>>;
  /** Buckets whose changes are events: `bucket.<name>.inserted`, `.updated` and `.deleted`, a moment later. */
  readonly bridge?: readonly string[];
}

/** Gets the arguments from the rule; its return value is ignored. */
export type RuleService = (...args: readonly unknown[]) => unknown;

/** At most so many requests in any span of that length: up to 10,000, and each writes a unit for every hundred. */
export interface RequestRate {
  readonly maxRequests: number;
  readonly windowMs: number;
}

export interface ConnectionLimits {
  /** @default 100 */
  readonly maxSubscriptionsPerConnection?: number;
  /** @default 10,000 */
  readonly maxTotalSubscriptions?: number;
}

/** One entry of the audit log: who requested which operation, and its result. */
export interface AuditEntry {
  /** When the request arrived, in milliseconds since 1970. */
  readonly timestamp: number;
  readonly userId: string | null;
  /** Id of the connection that sent the request. */
  readonly sessionId: string;
  /** E.g. `store.defineBucket`. */
  readonly operation: string;
  /** The bucket, name, rule, topic, key or pattern that the request names; otherwise `*`. */
  readonly resource: string;
  readonly result: 'success' | 'error';
  readonly error?: string;
  readonly details?: unknown;
  readonly remoteAddress: string;
}

/**
 * What a deployment adds in code: the default export of `app/app.config.ts`, bundled with the functions that use it.
 */
export interface App {
  readonly name: string;
  /**
   * Called at every upgrade, after the server's own check of the credential. Null refuses with 401; a throw refuses
   * with 500.
   * @default admits everyone with a valid credential, or with none
   */
  readonly authorize?: (request: UpgradeRequest) => Promise<Authorized | null> | Authorized | null;
  /**
   * Stores every chat message a second time, before the server delivers it, and serves history pages over HTTP. Joiners
   * always get their messages from the room's own log.
   * @default none; the table alone stores messages
   */
  readonly chatStorage?: ChatStorage;
  /**
   * Stores the versions of nodes.
   * @default the table
   */
  readonly nodeStorage?: NodeStorage;
  /**
   * Signing in over a socket by message.
   * @default none: every connection may do what needs no administrator
   */
  readonly auth?: AppAuth;
  /** Collections of records, by name. Nobody can change them at run time. */
  readonly buckets?: Readonly<Record<string, BucketDefinition>>;
  /** Queries that clients can subscribe to, by name. */
  readonly queries?: Readonly<Record<string, AppQuery>>;
  /**
   * Rules on events, facts and timers.
   * @default no rules, and no events either
   */
  readonly rules?: AppRules;
  /**
   * How many requests one user may make; callers who are not signed in share the limit of their IP address.
   * @default as many as they like
   */
  readonly rateLimit?: RequestRate | ((session: StoreSession) => RequestRate | undefined);
  readonly connectionLimits?: ConnectionLimits;
  /**
   * Pages that may open sockets, by their origins; others are refused with 403. Programs, which have none, always may.
   * @default all
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * How many sockets one IP address may have open, of dialects in which the server speaks first (such as noex's). The
   * server closes further ones with 4003.
   * @default as many as they like
   */
  readonly maxConnectionsPerIp?: number;
  /** How the server detects dead clients. It checks once a minute. */
  readonly heartbeat?: {
    /** The server pings a client that has sent nothing for so long. @default 30,000 */
    readonly intervalMs?: number;
    /** The server closes a socket whose client sends nothing for so long after a ping. @default 10,000 */
    readonly timeoutMs?: number;
  };
  /**
   * The audit log records operations of these tiers, up to some 300 changing operations a second. Without it nothing is
   * recorded.
   */
  readonly audit?: {
    /** @default ['admin'] */
    readonly tiers?: readonly Tier[];
    /** @default 90 */
    readonly retentionDays?: number;
    /** Called for each entry from the table's stream: at least once, within seconds. */
    readonly onEntry?: (entry: AuditEntry) => Promise<void> | void;
  };
  /**
   * Whether the server also pushes a subscription's first result.
   * @default true
   */
  readonly initialPush?: boolean;
  /**
   * Whether refusals over such sockets carry details beside their sentence.
   * @default true
   */
  readonly exposeErrorDetails?: boolean;
}

/** Keeps the types of an application; validated where it is used. */
export function defineApp(app: App): App {
  return app;
}
