import type { App } from '../core/app.ts';
import type { AppQuery } from '../core/app-query.ts';
import type { QueryDefinition } from '../core/bucket-definition.ts';
import { definedQueries, keys } from '../core/keys.ts';
import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';
import type { Item } from '../core/table.ts';
import { isTooLong } from './definition-check.ts';
import { noQuery } from './refusals.ts';

/** Queries by name: those in code, and those defined at run time, which are in the table. */

export interface NamedQuery {
  readonly name: string;
  readonly query: AppQuery;
  /** Declared in code, so it cannot be changed at run time. */
  readonly isCoded: boolean;
  /** Distinguishes a query defined at run time from an earlier one of the same name. */
  readonly tag?: string;
}

type Needed = Pick<Ports, 'table' | 'app'>;

/**
 * Returns the current query. One from run time is read each time, so that a change is in effect everywhere at once.
 * @throws Failure `query_not_defined`
 */
export async function queryNamed({ table, app }: Needed, name: string): Promise<NamedQuery> {
  const coded = codedQuery(app, name);
  if (coded) return { name, query: coded, isCoded: true };
  const item = isTooLong(name) ? undefined : await table.get(keys.query(name));
  if (!item) throw noQuery(name);
  return { name, query: definitionIn(item), isCoded: false, tag: String(item.tag ?? '') };
}

/** All queries, those in code first. */
export async function allQueries({ table, app }: Needed): Promise<NamedQuery[]> {
  const coded = Object.entries(app.queries ?? {}).map(([name, query]) => ({ name, query, isCoded: true }));
  const defined = (await table.query({ pk: definedQueries }))
    .map((item) => ({ name: String(item.sk), query: definitionIn(item), isCoded: false }))
    .filter(({ name }) => !codedQuery(app, name));
  return [...coded, ...defined];
}

export function codedQuery({ queries = {} }: App, name: string): AppQuery | undefined {
  return own(queries, name) as AppQuery | undefined; // every own property is a query
}

/** Checked when it was defined. */
const definitionIn = (item: Item): QueryDefinition => JSON.parse(String(item.definition));
