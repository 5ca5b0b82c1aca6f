/**
 * The version of one of the application's things. It says that the thing has changed, and does not contain the thing.
 */
export interface NodeMeta {
  readonly key: string;
  /** Larger than every version assigned before, to any node. */
  readonly version: number;
  /** Chosen by the application; only compared for equality. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
  /** Small JSON, so that a client need not fetch the thing itself. */
  readonly payload?: unknown;
}

/** A change of a node, which gives it a new version. */
export interface NodeChange {
  readonly key: string;
  readonly hash: string;
  readonly payload?: unknown;
}

/** The result of looking at several nodes. */
export interface NodesSeen {
  /** The nodes that exist, by key. */
  readonly nodes: ReadonlyMap<string, NodeMeta>;
  /** The largest version assigned so far; 0 before the first. */
  readonly maxVersion: number;
  /** How many hints each node got; absent: none. */
  readonly hints: ReadonlyMap<string, number>;
  /** See {@link NodeStorage.pulse}. */
  readonly pulse: string;
}

/**
 * Stores nodes. The promises: each version is assigned once and is larger than all before it, across all nodes, also
 * after deletions and with concurrent changes. A node ends with the largest version that it was assigned, and with that
 * change's hash. Every read after an answer sees the answered change. A change that is cut short may use up a version,
 * nothing more.
 */
export interface NodeStorage {
  getNode(key: string): Promise<NodeMeta | undefined>;
  /** The nodes that exist, by key. */
  getNodes(keys: readonly string[]): Promise<ReadonlyMap<string, NodeMeta>>;
  /** The same, with the other data that a sync needs. */
  look(keys: readonly string[]): Promise<NodesSeen>;
  /** A text that changes with every change of any node and with every hint. Cheap enough for polling. */
  pulse(): Promise<string>;
  /** Assigns a node its next version, and creates the node if it does not exist. The earlier payload is removed. */
  incrementVersion(key: string, hash: string, payload?: unknown): Promise<NodeMeta>;
  /** The same for several nodes, in this order; keys must differ. */
  incrementVersions(changes: readonly NodeChange[]): Promise<readonly NodeMeta[]>;
  /**
   * Stores a node from another server, unless it has that version or a later one here. Later versions are larger than
   * it.
   */
  setNode(meta: NodeMeta): Promise<void>;
  /** Makes requests that wait for these nodes check again. Nodes that do not exist are not created. */
  hint(keys: readonly string[]): Promise<void>;
  /**
   * Nodes with a larger version, ascending, each once, at most `limit` (default 1000). A node whose version was
   * assigned moments ago may be missing, and appear after larger ones have. So a caller that continues from there must
   * look back a few seconds.
   */
  listChangedSince(version: number, limit?: number): Promise<readonly NodeMeta[]>;
  getMaxVersion(): Promise<number>;
  /** Uses up a version, so that waiting requests notice. @returns whether the node existed */
  deleteNode(key: string): Promise<boolean>;
  /** Whether the storage can be reached; never throws. */
  isHealthy(): Promise<boolean>;
}
