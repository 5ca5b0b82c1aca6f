import type { Item } from '../core/table.ts';
import { AwsError } from './aws-error.ts';
import { type Patience, pause } from './back-off.ts';
import { concurrently } from './concurrently.ts';
import type { DynamoDb } from './dynamodb-client.ts';
import { type Attributes, unmarshalItem } from './dynamodb-json.ts';

/** DynamoDB's limit for one call. */
const keysPerCall = 100;
const callsAtOnce = 8;
const patience: Patience = { attempts: 8, firstMs: 20, longestMs: 500 };

/** Items of many keys of one table, consistently read; what DynamoDB leaves unprocessed is asked for again. */
export async function batchGet(dynamoDb: DynamoDb, table: string, keys: readonly Attributes[]): Promise<Item[]> {
  const items: Item[] = [];
  // The same key twice in one call is refused.
  const unique = [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
  const calls = Array.from({ length: Math.ceil(unique.length / keysPerCall) }, (_, i) =>
    unique.slice(i * keysPerCall, (i + 1) * keysPerCall),
  );
  await concurrently(callsAtOnce, calls, async (call) => {
    items.push(...(await fetchAll(dynamoDb, table, call)));
  });
  return items;
}

async function fetchAll(dynamoDb: DynamoDb, table: string, keys: readonly Attributes[]): Promise<Item[]> {
  const items: Item[] = [];
  let wanted: unknown = { [table]: { Keys: keys, ConsistentRead: true } };
  let fruitless = 0;
  for (;;) {
    const answer = await dynamoDb.call('BatchGetItem', { RequestItems: wanted });
    // DynamoDB's answer, by table name.
    const found = (answer.Responses as Record<string, Attributes[]>)[table] ?? [];
    for (const attributes of found) items.push(unmarshalItem(attributes));
    wanted = answer.UnprocessedKeys ?? {};
    if (Object.keys(wanted as object).length === 0) return items;
    // An answer ends at 16 MB, so that leftovers beside items are no sign of throttling.
    fruitless = found.length > 0 ? 0 : fruitless + 1;
    if (fruitless >= patience.attempts) {
      throw new AwsError('BatchGetItem', {
        code: 'UnprocessedKeys',
        message: `${table} keeps refusing keys`,
        status: 503,
      });
    }
    if (fruitless > 0) await pause(dynamoDb.pauses, patience, fruitless - 1);
  }
}
