import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import { countSubscriptions } from '../queries/noted.ts';
import { codedBucket } from './bucket-store.ts';
import { isDeclarative } from './check-app.ts';
import { isTooLong } from './definition-check.ts';
import { allQueries, codedQuery } from './named-query.ts';
import { checkQuery } from './query-definition.ts';
import { declaredInCode, nameTaken, noBucket, noQuery } from './refusals.ts';
import { queryChange } from './touches.ts';

/** Queries that are defined at run time. */

/** @throws Failure `unacceptable_request`, `already_exists`, `bucket_not_defined` */
export async function defineQuery({ table, app, ids }: Ports, name: string, config: unknown): Promise<void> {
  const query = checkQuery(name, config);
  if (codedQuery(app, name)) throw nameTaken('query', name);
  if (isTooLong(query.bucket)) throw noBucket(query.bucket);
  const item = { ...keys.query(name), definition: JSON.stringify(query), tag: ids.uuid(), derives: 'store' };
  const isOurs = codedBucket(app, query.bucket) !== undefined;
  const done = await table.transact([
    { put: item, when: ex`attribute_not_exists(pk)` },
    ...(isOurs ? [] : [{ check: keys.bucket(query.bucket), when: ex`attribute_exists(definition)` }]),
  ]);
  if (!done.ok) throw done.lost[0] ? nameTaken('query', name) : noBucket(query.bucket);
}

/** @throws Failure `query_not_defined`, `not_authorized` */
export async function undefineQuery({ table, app, changes }: Ports, name: string): Promise<void> {
  if (codedQuery(app, name)) throw declaredInCode('query', name);
  if (isTooLong(name)) throw noQuery(name);
  const done = await table.transact([{ delete: keys.query(name), when: ex`attribute_exists(pk)` }]);
  if (!done.ok) throw noQuery(name);
  changes?.note([queryChange(name)]);
}

/** All queries, with the number of subscriptions of each. */
export async function listQueries(ports: Ports) {
  const [queries, subscriptions] = await Promise.all([allQueries(ports), countSubscriptions(ports)]);
  return queries.map(({ name, query }) => ({
    name,
    ...(isDeclarative(query)
      ? { type: 'declarative' as const, config: { ...query } }
      : { type: 'programmatic' as const }),
    activeSubscriptions: subscriptions.get(name) ?? 0,
  }));
}
