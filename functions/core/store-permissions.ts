/** The user of a store connection, as far as permissions need it. Not signed in: no roles. */
export interface StoreSession {
  readonly userId: string | null;
  readonly roles: readonly string[];
  /** The highest tier that the credential allows, independent of roles. @default all */
  readonly cap?: 'read' | 'write';
}

/** The tier of an operation: `admin` changes definitions, `write` changes data, `read` reads. */
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
  /** Topics to which the role may neither emit nor subscribe. */
  readonly exceptTopics?: readonly string[];
}

export interface Permissions {
  /**
   * The decision if no rule matches. Operations of the admin tier then still need the role `admin`. @default 'allow'
   */
  readonly default?: 'allow' | 'deny';
  /** The first rule that matches allows the operation. */
  readonly rules?: readonly PermissionRule[];
  /** Called before the rules: true and false decide, undefined leaves the decision to the rules. */
  readonly check?: (session: StoreSession, operation: string, resource: string) => boolean | undefined;
}
