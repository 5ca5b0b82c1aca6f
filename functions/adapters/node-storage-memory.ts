import type { NodeMeta, NodeStorage } from '../core/node-storage.ts';

/** Stores nodes only in the memory of this process: for development, tests, and programs with a single process. */
export function memoryNodeStorage(now: () => number = Date.now): NodeStorage {
  const nodes = new Map<string, NodeMeta>();
  const hints = new Map<string, number>();
  let maxVersion = 0;
  let hinted = 0;
  const pulse = () => `${maxVersion}:${hinted}`;
  const among = <T>(wanted: readonly string[], kept: ReadonlyMap<string, T>) =>
    new Map(
      wanted.flatMap((key): [string, T][] => {
        const one = kept.get(key);
        return one === undefined ? [] : [[key, one]];
      }),
    );

  function increment(key: string, hash: string, payload: unknown): NodeMeta {
    maxVersion += 1;
    const meta = { key, version: maxVersion, hash, updatedAt: now(), ...(payload === undefined ? {} : { payload }) };
    nodes.set(key, meta);
    return meta;
  }

  return {
    getNode: async (key) => nodes.get(key),
    getNodes: async (wanted) => among(wanted, nodes),
    look: async (wanted) => ({ nodes: among(wanted, nodes), maxVersion, hints: among(wanted, hints), pulse: pulse() }),
    pulse: async () => pulse(),
    incrementVersion: async (key, hash, payload) => increment(key, hash, payload),
    incrementVersions: async (changes) => changes.map(({ key, hash, payload }) => increment(key, hash, payload)),

    async setNode(meta) {
      const known = nodes.get(meta.key);
      if (known === undefined || known.version < meta.version) nodes.set(meta.key, meta);
      maxVersion = Math.max(maxVersion, meta.version);
    },

    async hint(wanted) {
      for (const key of wanted) if (nodes.has(key)) hints.set(key, (hints.get(key) ?? 0) + 1);
      hinted += 1;
    },

    async listChangedSince(version, limit = 1_000) {
      const changed = [...nodes.values()].filter((meta) => meta.version > version);
      return changed.sort((a, b) => a.version - b.version).slice(0, limit);
    },

    getMaxVersion: async () => maxVersion,

    async deleteNode(key) {
      if (!nodes.delete(key)) return false;
      hints.delete(key);
      maxVersion += 1;
      return true;
    },

    isHealthy: async () => true,
  };
}
