import type { Expression } from './expression.ts';

/** Where an item is. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/**
 * An item as JavaScript sees it: strings, numbers, booleans, null, arrays, plain objects, `Set` of strings, `Uint8Array`.
 * Absent is `undefined`; an attribute that is `undefined` is not written. Numbers are doubles.
 */
export type Item = Readonly<Record<string, unknown>>;

/** A failed condition is a result, not an error: `current` is the existing item, undefined when there was none. */
export type Written =
  | { readonly ok: true; readonly item: Item | undefined }
  | { readonly ok: false; readonly current: Item | undefined };

export interface QueryInput {
  readonly pk: string;
  /** Conditions on the sort key of the table or index: one of these, or none for the whole partition. */
  readonly beginsWith?: string;
  readonly from?: string | number;
  readonly to?: string | number;
  /** GSI or LSI; GSIs are read eventually consistent, everything else consistently. */
  readonly index?: 'gsi1' | 'gsi2' | 'gsi3' | 'lsi0' | 'lsi1' | 'lsi2' | 'lsi3' | 'lsi4';
  readonly backward?: boolean;
  /** The most items to return; without it all pages are read. */
  readonly limit?: number;
  /** Attributes to fetch; all without it. */
  readonly only?: readonly string[];
}

export type TransactWrite =
  | { readonly put: Key & Item; readonly when?: Expression }
  | { readonly update: Key; readonly change: Expression; readonly when?: Expression }
  | { readonly delete: Key; readonly when?: Expression }
  | { readonly check: Key; readonly when: Expression };

/** `lost[i]` says whether the i-th write's condition failed; `current[i]` is the item that existed. */
export type Transacted =
  | { readonly ok: true }
  | { readonly ok: false; readonly lost: readonly boolean[]; readonly current: readonly (Item | undefined)[] };

/**
 * One DynamoDB table. Reads are strongly consistent unless an index forbids it. Throttling, 5xx and broken sockets are
 * retried with jitter a few times. If the call still fails it throws, and the caller may retry. Tests do not mock the
 * table: they use the embedded engine.
 */
export interface Table {
  get(key: Key, only?: readonly string[]): Promise<Item | undefined>;
  /**
   * At most 100 keys a round trip are fetched, more in several; missing items are left out, order is not kept. Items may live
   * in both tables: see `in`.
   */
  batchGet(keys: readonly (Key & { readonly in?: Table })[]): Promise<Item[]>;
  /** Up to 100 items as of one moment, in the order of their keys; undefined for items that do not exist. */
  transactGet(keys: readonly Key[]): Promise<(Item | undefined)[]>;
  query(input: QueryInput): Promise<Item[]>;
  /** `item` is the item that was replaced. */
  put(item: Key & Item, when?: Expression): Promise<Written>;
  /**
   * `item` is the new item; with `returns: 'old'` the previous one, undefined if it did not exist or had only its key.
   */
  update(key: Key, change: Expression, options?: { when?: Expression; returns?: 'old' | 'new' }): Promise<Written>;
  /** `item` is the deleted item. */
  delete(key: Key, when?: Expression): Promise<Written>;
  /** All or nothing; retried on a conflict with another transaction. Items may live in both tables: see `in`. */
  transact(writes: readonly (TransactWrite & { readonly in?: Table })[], token?: string): Promise<Transacted>;
  readonly name: string;
}
