import { isDeepStrictEqual } from 'node:util';
import type { Item, QueryInput, Table, Written } from '../core/table.ts';
import { AwsError } from './aws-error.ts';
import { batchGet } from './dynamodb-batch-get.ts';
import type { DynamoDb } from './dynamodb-client.ts';
import { type Expressions, projection, queryExpressions, writeExpressions } from './dynamodb-expression.ts';
import { type Attributes, itemOf, keyOf, marshalItem, unmarshalItem } from './dynamodb-json.ts';
import { meterRefused } from './dynamodb-meter.ts';
import { transact, transactGet } from './dynamodb-transact.ts';

/**
 * The `Table` port over DynamoDB. Single writes are retried like all other calls, so after a lost answer a retry may
 * meet its own effect. A put recognizes the item it wrote; an `ADD` may count twice; the condition of a change or
 * deletion may fail because of the first attempt. Writes that must not do so use `transact`, whose token makes a retry
 * a no-op.
 */
export function createTable(dynamoDb: DynamoDb, name: string): Table {
  async function write(operation: string, input: Readonly<Record<string, unknown>> & Expressions): Promise<Written> {
    try {
      const { Attributes: attributes } = await dynamoDb.call(operation, {
        TableName: name,
        ...input,
        ...(input.ConditionExpression ? { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } : {}),
      });
      return { ok: true, item: itemOf(attributes) };
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== 'ConditionalCheckFailedException') throw error;
      const current = error.details.Item;
      if (dynamoDb.meter) meterRefused(dynamoDb.meter, operation, name, current);
      if (error.doubtful && isSame(input.Item, current)) return { ok: true, item: undefined };
      return { ok: false, current: itemOf(current) };
    }
  }

  return {
    name,
    async get(key, only) {
      const input = { TableName: name, Key: keyOf(key), ConsistentRead: true, ...projection(only) };
      return itemOf((await dynamoDb.call('GetItem', input)).Item);
    },
    batchGet: (keys) => batchGet(dynamoDb, name, keys),
    transactGet: (keys) => transactGet(dynamoDb, name, keys.map(keyOf)),
    async query(input) {
      const items: Item[] = [];
      if (isNothing(input)) return items;
      const { index, backward, limit } = input;
      const request = {
        TableName: name,
        ...(index ? { IndexName: index } : {}),
        ConsistentRead: !index?.startsWith('gsi'),
        ScanIndexForward: backward !== true,
        ...queryExpressions(input),
      };
      let start: unknown;
      do {
        const answer = await dynamoDb.call('Query', {
          ...request,
          ...(start ? { ExclusiveStartKey: start } : {}),
          ...(limit === undefined ? {} : { Limit: limit - items.length }),
        });
        for (const attributes of answer.Items as Attributes[]) items.push(unmarshalItem(attributes));
        start = answer.LastEvaluatedKey;
      } while (start && !(limit !== undefined && items.length >= limit));
      return items;
    },
    put: (item, when) =>
      write('PutItem', { Item: marshalItem(item), ReturnValues: 'ALL_OLD', ...writeExpressions(undefined, when) }),
    async update(key, change, { when, returns = 'new' } = {}) {
      const isOld = returns === 'old';
      const written = await write('UpdateItem', {
        Key: keyOf(key),
        ReturnValues: isOld ? 'ALL_OLD' : 'ALL_NEW',
        ...writeExpressions(change, when),
      });
      // Engines differ if the item did not exist: DynamoDB returns nothing, others return the key.
      return written.ok && isOld && isOnlyKey(written.item) ? { ok: true, item: undefined } : written;
    },
    delete: (key, when) =>
      write('DeleteItem', { Key: keyOf(key), ReturnValues: 'ALL_OLD', ...writeExpressions(undefined, when) }),
    transact: (writes, token) => transact(dynamoDb, name, writes, token),
  };
}

function isOnlyKey(item: Item | undefined): boolean {
  return item !== undefined && Object.keys(item).length <= 2;
}

function isSame(written: unknown, current: unknown): boolean {
  return written !== undefined && isDeepStrictEqual(itemOf(written), itemOf(current));
}

/** Whether the query can match nothing: a range that ends before it begins, which DynamoDB refuses, or a limit of 0. */
function isNothing({ from, to, limit }: QueryInput): boolean {
  if (limit !== undefined && limit <= 0) return true;
  if (typeof from === 'string' && typeof to === 'string') return Buffer.compare(Buffer.from(from), Buffer.from(to)) > 0;
  return from !== undefined && to !== undefined && from > to;
}
