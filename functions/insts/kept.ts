import type { Table } from '../core/table.ts';

/** A cache of this process, one map per table; it drops the oldest entries above its limit. */
export interface Kept<Value> {
  get(table: Table, key: string): Value | undefined;
  set(table: Table, key: string, value: Value): void;
  forget(table: Table, key: string): void;
}

export function keptByTable<Value>(most: number): Kept<Value> {
  const byTable = new WeakMap<Table, Map<string, Value>>();
  return {
    get: (table, key) => byTable.get(table)?.get(key),
    set(table, key, value) {
      const kept = byTable.get(table) ?? new Map<string, Value>();
      byTable.set(table, kept);
      kept.delete(key);
      kept.set(key, value);
      const oldest = kept.keys().next();
      if (kept.size > most && !oldest.done) kept.delete(oldest.value);
    },
    forget: (table, key) => void byTable.get(table)?.delete(key),
  };
}
