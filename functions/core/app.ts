import type { AppQuery } from './app-query.ts';
import type { BucketDefinition } from './bucket-definition.ts';
import type { ChatStorage } from './chat-storage.ts';
import type { NodeStorage } from './node-storage.ts';
import type { RuleDefinition } from './rule-definition.ts';
import type { Permissions, StoreSession, Tier } from './store-permissions.ts';

/** What an upgrade request shows, for {@link App.authorize}. */
export interface UpgradeRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly ip: string;
  /** Who our own check of the credential found; undefined for nobody. */
  readonly userId: string | undefined;
}

/** Who an application says is connecting. Without a user id they stay anonymous, with a name that others see. */
export interface Authorized {
  readonly userId?: string;
  readonly name?: string;
  readonly email?: string;
}

/** Somebody whom the application itself vouches for. */
export interface Validated {
  readonly userId: string;
  readonly roles?: readonly string[];
  readonly expiresAt?: number | null;
}

/** Who may sign in over a socket, and what they may do. */
export interface AppAuth {
  /** Nothing but `auth.*` is answered to anybody who is not signed in. @default true */
  readonly required?: boolean;
  /** Asked for tokens that are none of ours. Its user ids get the prefix `app:`. */
  readonly validate?: (token: string) => Promise<Validated | null> | Validated | null;
  /** Roles beside `user`. Asked with every request. */
  readonly roles?: (person: SignedInPerson) => readonly string[];
  /** @default everything is allowed that needs no administrator */
  readonly permissions?: Permissions;
}

/** Somebody who is signed in, as an application may judge them. */
export interface SignedInPerson {
  readonly userId: string;
  /** Addresses that they have proven to be theirs. */
  readonly addresses: readonly string[];
}

/** What happens when something else does: rules on events, facts and timers. */
export interface AppRules {
  /** @default true */
  readonly enabled?: boolean;
  /** Can be switched on and off at run time, and not be changed. */
  readonly definitions?: readonly RuleDefinition[];
  /** Rules of a group that is not enabled do not run. */
  readonly groups?: readonly { readonly id: string; readonly name: string; readonly enabled: boolean }[];
  /** What rules may call, by service and method. A call that takes longer than five seconds has failed. */
  readonly services?: Readonly<Record<string, Readonly<Record<string, RuleService>>>>;
  /** Buckets whose changes are events: `bucket.<name>.inserted`, `.updated` and `.deleted`, a moment later. */
  readonly bridge?: readonly string[];
}

/** Gets what the rule says; what it returns is not looked at. */
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

/** Who asked for what, and what became of it. */
export interface AuditEntry {
  /** When it was asked for. Milliseconds since 1970. */
  readonly timestamp: number;
  readonly userId: string | null;
  /** The connection it came over. */
  readonly sessionId: string;
  /** E.g. `store.defineBucket`. */
  readonly operation: string;
  /** Bucket, name, rule, topic, key or pattern; else `*`. */
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
   * Asked at every upgrade, after our own check of the credential. Null refuses with 401; a throw refuses with 500.
   * @default everybody whose credential holds, or who has none
   */
  readonly authorize?: (request: UpgradeRequest) => Promise<Authorized | null> | Authorized | null;
  /**
   * Keeps every chat message a second time, before anybody hears of it, and answers for history pages over HTTP. What
   * joiners get comes from the room's own log either way.
   * @default none; the table keeps all there is
   */
  readonly chatStorage?: ChatStorage;
  /**
   * Keeps the versions of nodes.
   * @default the table
   */
  readonly nodeStorage?: NodeStorage;
  /**
   * Signing in over a socket by message.
   * @default there is none: whoever connects may do what needs no administrator
   */
  readonly auth?: AppAuth;
  /** Collections of records, by name. Nobody can change them at run time. */
  readonly buckets?: Readonly<Record<string, BucketDefinition>>;
  /** Standing questions that clients subscribe to, by name. */
  readonly queries?: Readonly<Record<string, AppQuery>>;
  /**
   * Rules on events, facts and timers.
   * @default there are none, and no events either
   */
  readonly rules?: AppRules;
  /**
   * Requests that one user (or the address of somebody who is not signed in) may make.
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
   * Sockets that one address may have open where we speak first (noex's among them); one more is closed with 4003.
   * @default as many as they like
   */
  readonly maxConnectionsPerIp?: number;
  /** How clients that say nothing are found out. They are looked at once a minute. */
  readonly heartbeat?: {
    /** Whoever has said nothing for so long is pinged. @default 30,000 */
    readonly intervalMs?: number;
    /** Whoever says nothing for so long after a ping is closed. @default 10,000 */
    readonly timeoutMs?: number;
  };
  /** Operations of these tiers are recorded, some 300 a second of those that change anything. Without it nothing is. */
  readonly audit?: {
    /** @default ['admin'] */
    readonly tiers?: readonly Tier[];
    /** @default 90 */
    readonly retentionDays?: number;
    /** Told of each entry, from the table's stream: at least once, and seconds later at most. */
    readonly onEntry?: (entry: AuditEntry) => Promise<void> | void;
  };
  /**
   * Whether a subscription's first result is also pushed.
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
