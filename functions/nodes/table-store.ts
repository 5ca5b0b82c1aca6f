import { together } from '../core/concurrently.ts';
import { ex } from '../core/expression.ts';
import { keys, nodeIn, nodeIndex } from '../core/keys.ts';
import type { NodeChange, NodeMeta, NodeStorage, NodesSeen } from '../core/node-storage.ts';
import type { Item, Key } from '../core/table.ts';
import { type Counting, countHint, sequenceKeys, sequenceOf, startAbove, takeNumbers } from './sequence-store.ts';

/**
 * Nodes in the table. A change takes a version and then writes the node, unless the node already has a larger version:
 * then that change has won, and this one counts as made just before it. A deleted node leaves a row for a day, so that
 * a change with an older version does not restore it.
 */

/** Keys that one request of a batch may fetch. */
const batchSize = 100;
const writesAtOnce = 25;
const graveMs = 24 * 3_600_000;
const defaultLimit = 1_000;

export function tableNodeStorage(ports: Counting): NodeStorage {
  const { table, clock } = ports;

  async function write(change: NodeChange, version: number): Promise<NodeMeta> {
    const { key, hash, payload } = change;
    const updatedAt = clock.now();
    const index = { pk: nodeIndex.shardOf(key), sk: nodeIndex.version(version) };
    const kept = ex`SET version = ${version}, hash = ${hash}, updatedAt = ${updatedAt}, gsi1pk = ${index.pk}, gsi1sk = ${index.sk}, payload = ${JSON.stringify(payload)} REMOVE deleted, ttl`;
    const bare = ex`SET version = ${version}, hash = ${hash}, updatedAt = ${updatedAt}, gsi1pk = ${index.pk}, gsi1sk = ${index.sk} REMOVE deleted, ttl, payload`;
    const written = await table.update(keys.node(key), payload === undefined ? bare : kept, { when: isNewer(version) });
    const next = written.ok ? undefined : await numberAbove(written.current);
    if (next !== undefined) return write(change, next);
    return { key, version, hash, updatedAt, ...(payload === undefined ? {} : { payload }) };
  }

  /**
   * Handles a node whose version has not been assigned yet by the current counter. That version is not from a faster
   * change, but from a time when the deployment had other peers or another server id, and so another counter.
   * @returns the version above which to continue; undefined if a change was faster
   */
  async function numberAbove(node: Item | undefined): Promise<number | undefined> {
    const version = Number(node?.version ?? 0);
    if (version <= sequenceOf(await fetchSequence()).maxVersion) return undefined;
    await startAbove(ports, version);
    return (await takeNumbers(ports, 1))[0];
  }

  async function bury(key: string, version: number): Promise<void> {
    const ttl = Math.ceil((clock.now() + graveMs) / 1_000);
    const gone = ex`SET version = ${version}, deleted = ${true}, ttl = ${ttl} REMOVE hash, payload, updatedAt, gsi1pk, gsi1sk, hints`;
    const buried = await table.update(keys.node(key), gone, { when: isNewer(version) });
    const next = buried.ok ? undefined : await numberAbove(buried.current);
    if (next !== undefined) await bury(key, next);
  }

  /** One round trip for every hundred, the numbers among them where there is room. */
  async function fetch(wanted: readonly Key[]): Promise<readonly Item[]> {
    const counting = sequenceKeys(ports);
    const batches = (keysInAll: number) => Math.ceil(keysInAll / batchSize);
    if (batches(wanted.length + counting.length) === Math.max(1, batches(wanted.length))) {
      return table.batchGet([...wanted, ...counting]);
    }
    const [nodes, numbers] = await Promise.all([table.batchGet(wanted), fetchSequence()]);
    return [...nodes, ...numbers];
  }

  async function fetchSequence(): Promise<Item[]> {
    const [first, ...others] = sequenceKeys(ports);
    if (first && others.length === 0) return [(await table.get(first)) ?? {}];
    return table.batchGet(sequenceKeys(ports));
  }

  async function look(wanted: readonly string[]): Promise<NodesSeen> {
    const items = wanted.length === 0 ? await fetchSequence() : await fetch(wanted.map(keys.node));
    const there = items.filter(isNode);
    const nodes = new Map(there.map((item) => [nodeIn(String(item.pk)), metaOf(item)]));
    const hints = there.flatMap(({ pk, hints }) => (hints ? [[nodeIn(String(pk)), Number(hints)] as const] : []));
    return { nodes, hints: new Map(hints), ...sequenceOf(items.filter(({ sk }) => sk !== 'NODE')) };
  }

  return {
    look,
    getNodes: async (wanted) => (await look(wanted)).nodes,

    async getNode(key) {
      const item = await table.get(keys.node(key));
      return item && isNode(item) ? metaOf(item) : undefined;
    },

    pulse: async () => sequenceOf(await fetchSequence()).pulse,
    getMaxVersion: async () => sequenceOf(await fetchSequence()).maxVersion,

    async incrementVersion(key, hash, payload) {
      const [version = 0] = await takeNumbers(ports, 1);
      return write({ key, hash, payload }, version);
    },

    async incrementVersions(changes) {
      const numbers = await takeNumbers(ports, changes.length);
      return someAtOnce(changes, (change, index) => write(change, numbers[index] ?? 0));
    },

    async setNode({ key, version, hash, updatedAt, payload }) {
      await startAbove(ports, version);
      const index = { pk: nodeIndex.shardOf(key), sk: nodeIndex.version(version) };
      await table.put(
        {
          ...keys.node(key),
          version,
          hash,
          updatedAt,
          payload: payload === undefined ? undefined : JSON.stringify(payload),
          gsi1pk: index.pk,
          gsi1sk: index.sk,
        },
        isNewer(version),
      );
    },

    async hint(wanted) {
      await someAtOnce(wanted, (key) =>
        table.update(keys.node(key), ex`ADD hints ${1}`, { when: ex`attribute_exists(hash)` }),
      );
      await countHint(ports);
    },

    async listChangedSince(version, limit = defaultLimit) {
      const from = nodeIndex.version(version + 1);
      const shards = Array.from({ length: nodeIndex.shards }, (_, shard) =>
        table.query({ index: 'gsi1', pk: nodeIndex.shard(shard), from, limit }),
      );
      const found = (await Promise.all(shards)).flat().filter(isNode).map(metaOf);
      return found.sort((a, b) => a.version - b.version).slice(0, limit);
    },

    async deleteNode(key) {
      const item = await table.get(keys.node(key));
      if (!item || !isNode(item)) return false;
      const [version = 0] = await takeNumbers(ports, 1);
      await bury(key, version);
      return true;
    },

    async isHealthy() {
      try {
        await fetchSequence();
        return true;
      } catch {
        return false;
      }
    },
  };
}

const isNewer = (version: number) => ex`attribute_not_exists(version) OR version < ${version}`;

const isNode = ({ hash }: Item): boolean => hash !== undefined;

function metaOf({ pk, version, hash, updatedAt, payload }: Item): NodeMeta {
  return {
    key: nodeIn(String(pk)),
    version: Number(version),
    hash: String(hash),
    updatedAt: Number(updatedAt),
    ...(typeof payload === 'string' ? { payload: JSON.parse(payload) } : {}),
  };
}

async function someAtOnce<T, R>(all: readonly T[], run: (one: T, index: number) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < all.length; at += writesAtOnce) {
    const part = all.slice(at, at + writesAtOnce);
    done.push(...(await together(part.map((one, index) => run(one, at + index)))));
  }
  return done;
}
