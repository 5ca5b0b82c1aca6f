import type { QueryDefinition } from '../core/bucket-definition.ts';
import { Failure } from '../core/errors.ts';
import { isAggregateFunction } from './aggregate.ts';
import { isParameter } from './declarative-query.ts';
import { Check, isCount, isName, isNames, isTooLong, maxNameLength } from './definition-check.ts';
import { parseFilter } from './filter.ts';

/**
 * Validates a query without code, which is stored as it was given. Does not check whether its bucket exists.
 * @throws Failure `unacceptable_request`; the message names the query
 */
export function checkQuery(name: unknown, raw: unknown): QueryDefinition {
  if (!isName(name)) return new Check('A query').fail('its name must be a non-empty string');
  const check = new Check(`Query ${JSON.stringify(name)}`);
  if (isTooLong(name)) check.fail(`its name must not be longer than ${maxNameLength} characters`);
  const query = check.object(raw, 'its definition');
  if (!isName(query.bucket)) check.fail('bucket must be the name of a bucket');
  checkFilter(check, query.filter);
  if (query.sort !== undefined) {
    for (const [field, direction] of Object.entries(check.object(query.sort, 'sort'))) {
      if (direction !== 'asc' && direction !== 'desc') check.fail(`sort of "${field}" must be asc or desc`);
    }
  }
  check.optional('offset', query.offset, isCount, 'a whole number from 0 on');
  check.optional('limit', query.limit, isCount, 'a whole number from 0 on');
  check.optional('fields', query.fields, isNames, 'an array of field names');
  if (query.aggregate !== undefined) checkAggregate(check, query.aggregate);
  return query as unknown as QueryDefinition; // it has been checked to be one
}

/** `{function, field?, groupBy?}`; every function but `count` needs a field. */
export function checkAggregate(check: Check, raw: unknown): void {
  const { function: name, field, groupBy } = check.object(raw, 'aggregate');
  if (!isAggregateFunction(name)) check.fail('the function of aggregate must be count, sum, avg, min or max');
  if (name !== 'count' || field !== undefined) {
    if (!isName(field)) check.fail('the field of aggregate must be a field name');
  }
  const isBy = isName(groupBy) || (isNames(groupBy) && groupBy.length > 0);
  if (groupBy !== undefined && !isBy) check.fail('groupBy must be one or more field names');
}

/** A parameter may replace any operand. */
function checkFilter(check: Check, filter: unknown): void {
  if (filter === undefined) return;
  try {
    parseFilter(filter, isParameter);
  } catch (problem) {
    throw problem instanceof Failure ? check.fail(problem.message.replace(/\.$/, '')) : problem;
  }
}
