import { createHash, randomUUID } from 'node:crypto';
import { Failure } from '../core/errors.ts';
import type { NodeMeta, NodeStorage } from '../core/node-storage.ts';
import type { SqlQuery } from './chat-storage-sql.ts';
import { nodeStatements } from './node-storage-statements.ts';

export interface SqlNodeStorageOptions {
  /** Drizzle's `execute` and Prisma's `$queryRawUnsafe` fit. Calls may use different database connections. */
  readonly query: SqlQuery;
  readonly dialect: 'postgres' | 'mysql' | 'sqlite';
  /**
   * Created if it does not exist, together with another one whose name ends in `_numbers`.
   * @default reality_nodes
   */
  readonly table?: string;
  readonly now?: () => number;
}

/** The most keys in one statement. */
const keysAtOnce = 100;
/** How many old rows of numbers to keep, because a process may not have read its number yet. */
const numbersKept = 10_000;
/** How long to keep rows of deleted nodes: longer than any change whose number was taken before the deletion. */
const graveMs = 24 * 3_600_000;

/**
 * Nodes in an SQL database. The database assigns numbers by an auto-increment column, so that two processes never get
 * the same one and no statement needs a transaction. A node's row is only written if it has no larger number.
 */
export function sqlNodeStorage({
  query,
  dialect,
  table = 'reality_nodes',
  now = Date.now,
}: SqlNodeStorageOptions): NodeStorage {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,50}$/.test(table)) {
    const right = 'letters, digits and underscores, at most 51';
    throw new Failure('unacceptable_request', `A table name has ${right}, not ${JSON.stringify(table)}.`);
  }
  const statements = nodeStatements(dialect, table);
  let ready: Promise<void> | undefined;
  const run = async (sql: string, params: readonly unknown[]) => {
    ready ??= make().catch((cause: unknown) => {
      ready = undefined;
      throw cause;
    });
    await ready;
    return query(sql, params);
  };

  async function make(): Promise<void> {
    for (const sql of statements.make) await query(sql, []);
  }

  async function takeNumber(): Promise<number> {
    const ticket = randomUUID();
    await run(statements.takeNumber, [ticket]);
    const [row] = await run(statements.numberOf, [ticket]);
    const number = Number(row?.number);
    if (!Number.isSafeInteger(number)) throw new Error('the database gave no number');
    if (number % 1_000 === 0) await run(statements.forgetNumbers, [number - numbersKept]);
    return number;
  }

  async function put({ key, version, hash, updatedAt, payload }: NodeMeta): Promise<void> {
    const text = payload === undefined ? null : JSON.stringify(payload);
    await run(statements.put, [hashOf(key), JSON.stringify(key), version, hash, updatedAt, text]);
  }

  async function increment(key: string, hash: string, payload?: unknown): Promise<NodeMeta> {
    const version = await takeNumber();
    const meta = { key, version, hash, updatedAt: now(), ...(payload === undefined ? {} : { payload }) };
    await put(meta);
    return meta;
  }

  async function rowsOf(wanted: readonly string[]) {
    const rows: Readonly<Record<string, unknown>>[] = [];
    for (let at = 0; at < wanted.length; at += keysAtOnce) {
      const part = wanted.slice(at, at + keysAtOnce).map(hashOf);
      rows.push(...(await run(statements.find(part.length), part)));
    }
    return rows;
  }

  async function maxVersion(): Promise<number> {
    const [row] = await run(statements.sequence, []);
    return Number(row?.number ?? 0);
  }

  const getNodes = async (wanted: readonly string[]) =>
    new Map((await rowsOf(wanted)).map(metaOf).map((meta) => [meta.key, meta]));

  return {
    getNodes,
    getNode: async (key) => (await getNodes([key])).get(key),
    incrementVersion: increment,
    getMaxVersion: maxVersion,
    pulse: async () => String(await maxVersion()),

    async look(wanted) {
      // The counter is read first, so that a change in between is noticed when it is read again.
      const before = await maxVersion();
      const rows = await rowsOf(wanted);
      const nodes = new Map(rows.map(metaOf).map((meta) => [meta.key, meta]));
      const hints = new Map(rows.map((row) => [metaOf(row).key, Number(row.hints)] as const));
      const largest = Math.max(before, ...[...nodes.values()].map(({ version }) => version));
      return { nodes, hints, pulse: String(before), maxVersion: largest };
    },

    async incrementVersions(changes) {
      const done: NodeMeta[] = [];
      for (const { key, hash, payload } of changes) done.push(await increment(key, hash, payload));
      return done;
    },

    async setNode(meta) {
      await run(statements.startAbove, [meta.version, randomUUID()]);
      await put(meta);
    },

    async hint(wanted) {
      for (let at = 0; at < wanted.length; at += keysAtOnce) {
        const part = wanted.slice(at, at + keysAtOnce).map(hashOf);
        await run(statements.hint(part.length), part);
      }
      await takeNumber(); // so that waiting requests check again
    },

    async listChangedSince(version, limit = 1_000) {
      return (await run(statements.since(limit), [version])).map(metaOf);
    },

    async deleteNode(key) {
      if ((await rowsOf([key])).length === 0) return false;
      const version = await takeNumber();
      await run(statements.bury, [version, now(), hashOf(key), version]);
      await run(statements.forgetBuried, [now() - graveMs]);
      return true;
    },

    async isHealthy() {
      try {
        await maxVersion();
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** Keys may be too long for an index, and a database may treat different ones as equal. */
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

function metaOf(row: Readonly<Record<string, unknown>>): NodeMeta {
  const { node_key, version, hash, updated_at, payload } = row;
  return {
    key: String(JSON.parse(String(node_key))),
    version: Number(version),
    hash: String(hash),
    updatedAt: Number(updated_at),
    ...(typeof payload === 'string' ? { payload: JSON.parse(payload) } : {}),
  };
}
