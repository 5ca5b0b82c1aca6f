/** What is known of something that an application keeps: not the thing itself, only that it is another one now. */
export interface NodeMeta {
  readonly key: string;
  /** Larger than every number given before it, to whatever node. */
  readonly version: number;
  /** The application's own; compared only for equality. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
  /** Small JSON that spares a client from fetching the thing itself. */
  readonly payload?: unknown;
}

/** A node that is to get its next version. */
export interface NodeChange {
  readonly key: string;
  readonly hash: string;
  readonly payload?: unknown;
}

/** What is seen of some nodes at a time. */
export interface NodesSeen {
  /** Those that are there, by key. */
  readonly nodes: ReadonlyMap<string, NodeMeta>;
  /** The largest number given so far; 0 before the first. */
  readonly maxVersion: number;
  /** How often each of them was hinted at; absent: never. */
  readonly hints: ReadonlyMap<string, number>;
  /** See {@link NodeStorage.pulse}. */
  readonly pulse: string;
}

/**
 * Keeps nodes. The promises: every number is given once and is larger than all before it, whichever node it is for, also
 * after deletions and when many ask at once. A node ends at the largest number that it was given, with that change's hash.
 * Whatever has been answered is seen by whoever looks after it. A change that is cut short may use up a number, no more.
 */
export interface NodeStorage {
  getNode(key: string): Promise<NodeMeta | undefined>;
  /** Those that are there, by key. */
  getNodes(keys: readonly string[]): Promise<ReadonlyMap<string, NodeMeta>>;
  /** The same, with what else whoever compares them needs. */
  look(keys: readonly string[]): Promise<NodesSeen>;
  /** A text that is another one after every change of any node, and every hint: cheap to ask for again and again. */
  pulse(): Promise<string>;
  /** Gives a node its next version, and makes it where there is none. The payload before is dropped. */
  incrementVersion(key: string, hash: string, payload?: unknown): Promise<NodeMeta>;
  /** Several at a time, in this order; keys differ. */
  incrementVersions(changes: readonly NodeChange[]): Promise<readonly NodeMeta[]>;
  /** Puts a node as it was elsewhere, unless it has that version or a later one here; numbers go on above it. */
  setNode(meta: NodeMeta): Promise<void>;
  /** Whoever waits for these nodes should look again. Those that are not there stay so. */
  hint(keys: readonly string[]): Promise<void>;
  /**
   * Nodes with a larger version, ascending, each once, at most `limit` (default 1000). A node whose number was given moments
   * ago may be missing, and appear after larger ones have: who reads on from there must look back a few seconds.
   */
  listChangedSince(version: number, limit?: number): Promise<readonly NodeMeta[]>;
  getMaxVersion(): Promise<number>;
  /** Uses up a number, so that who waits notices. @returns whether there was one */
  deleteNode(key: string): Promise<boolean>;
  /** Whether it can be asked at all; never throws. */
  isHealthy(): Promise<boolean>;
}
