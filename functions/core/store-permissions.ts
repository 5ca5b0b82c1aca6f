/** Who a store connection is signed in as, as far as permissions go. Nobody: no roles. */
export interface StoreSession {
  readonly userId: string | null;
  readonly roles: readonly string[];
  /** The highest tier that the credential reaches, whatever the roles say. @default all */
  readonly cap?: 'read' | 'write';
}

/** How far an operation reaches: changes definitions, changes data, or reads. */
export type Tier = 'admin' | 'write' | 'read';

/** Allows a role some operations, on some resources. */
export interface PermissionRule {
  readonly role: string;
  /** Operations: exact, `*`, or `prefix.*`. */
  readonly allow: string | readonly string[];
  /** `store.*` only on these, named exactly. */
  readonly buckets?: readonly string[];
  readonly exceptBuckets?: readonly string[];
  /** `rules.*` only on these; patterns as in `allow`. */
  readonly topics?: readonly string[];
  /** Not emitted, and not listened to. */
  readonly exceptTopics?: readonly string[];
}

export interface Permissions {
  /** What no rule decides. Operations of the admin tier need the role `admin` even then. @default 'allow' */
  readonly default?: 'allow' | 'deny';
  /** The first one that fits allows. */
  readonly rules?: readonly PermissionRule[];
  /** Asked before the rules: true and false decide, undefined leaves it to them. */
  readonly check?: (session: StoreSession, operation: string, resource: string) => boolean | undefined;
}
