import type * as z from 'zod/mini';
import type { Aggregate, QueryDefinition } from './bucket-definition.ts';

/** A record as queries read it, with `_version`, `_createdAt`, `_updatedAt`, and `_expiresAt` where it has a lifetime. */
export type AppRecord = Readonly<Record<string, unknown>>;
/** As in `store.where`: fields with values or operators, `$or`, `$and`. */
export type AppFilter = Readonly<Record<string, unknown>>;

/** One bucket as queries read it. What a query asks for here decides which writes make it run again. */
export interface BucketReader {
  get(key: unknown): Promise<AppRecord | null>;
  all(): Promise<AppRecord[]>;
  where(filter: AppFilter): Promise<AppRecord[]>;
  findOne(filter: AppFilter): Promise<AppRecord | null>;
  count(filter?: AppFilter): Promise<number>;
  first(n: number): Promise<AppRecord[]>;
  last(n: number): Promise<AppRecord[]>;
  paginate(page: { readonly limit: number; readonly after?: unknown }): Promise<RecordPage>;
  sum(field: string, filter?: AppFilter): Promise<number>;
  avg(field: string, filter?: AppFilter): Promise<number>;
  min(field: string, filter?: AppFilter): Promise<number | null>;
  max(field: string, filter?: AppFilter): Promise<number | null>;
  groupBy(
    field: string | readonly string[],
    aggregate: Pick<Aggregate, 'function' | 'field'>,
    filter?: AppFilter,
  ): Promise<{ readonly key: AppRecord; readonly value: number | null }[]>;
}

export interface RecordPage {
  readonly records: AppRecord[];
  readonly hasMore: boolean;
  /** Key of the last record; absent on an empty page. */
  readonly nextCursor?: unknown;
}

/** All that a query may read. It must give the same result for the same records. */
export interface QueryContext {
  bucket(name: string): BucketReader;
  /** The subscriber, for queries of scope `user`. */
  readonly session: { readonly userId: string | null; readonly roles: readonly string[] };
}

/** Parameters as clients send them; an empty object if there are none. Unchecked unless the query declares a schema. */
export type QueryParams = Readonly<Record<string, unknown>>;
export type QueryFunction = (ctx: QueryContext, params: QueryParams) => unknown;

/** A query in code, with its options. */
export interface CodedQuery {
  readonly params?: z.core.$ZodType;
  /** `user`: the result depends on the subscriber. @default all subscribers get the same result */
  readonly scope?: 'user';
  readonly run: QueryFunction;
}

export type AppQuery = QueryFunction | CodedQuery | QueryDefinition;
