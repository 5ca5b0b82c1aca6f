import { concurrently } from '../core/concurrently.ts';
import type { Item, Key, Table } from '../core/table.ts';
import { AwsError } from './aws-error.ts';
import { type Patience, pause } from './back-off.ts';
import type { DynamoDb } from './dynamodb-client.ts';
import { type Attributes, keyOf, unmarshalItem } from './dynamodb-json.ts';

/** DynamoDB's limit for one call. */
const keysPerCall = 100;
const callsAtOnce = 8;
const patience: Patience = { attempts: 8, firstMs: 20, longestMs: 500 };

/** An item's key and table. */
interface Placed {
  readonly table: string;
  readonly key: Attributes;
}

/**
 * Reads many items consistently, from one table or from the table that each key names. Unprocessed keys are requested
 * again.
 */
export async function batchGet(
  dynamoDb: DynamoDb,
  table: string,
  keys: readonly (Key & { readonly in?: Table })[],
): Promise<Item[]> {
  const items: Item[] = [];
  const placed = keys.map((key): Placed => ({ table: key.in?.name ?? table, key: keyOf(key) }));
  // DynamoDB refuses a call that has the same key twice.
  const unique = [...new Map(placed.map((one) => [JSON.stringify(one), one])).values()];
  const calls = Array.from({ length: Math.ceil(unique.length / keysPerCall) }, (_, i) =>
    unique.slice(i * keysPerCall, (i + 1) * keysPerCall),
  );
  await concurrently(callsAtOnce, calls, async (call) => {
    items.push(...(await fetchAll(dynamoDb, call)));
  });
  return items;
}

async function fetchAll(dynamoDb: DynamoDb, placed: readonly Placed[]): Promise<Item[]> {
  const items: Item[] = [];
  let wanted: unknown = requestFor(placed);
  let fruitless = 0;
  for (;;) {
    const answer = await dynamoDb.call('BatchGetItem', { RequestItems: wanted });
    // DynamoDB's answer, by table name.
    const found = Object.values(answer.Responses as Record<string, Attributes[]>).flat();
    for (const attributes of found) items.push(unmarshalItem(attributes));
    wanted = answer.UnprocessedKeys ?? {};
    const left = Object.keys(wanted as object);
    if (left.length === 0) return items;
    // An answer has at most 16 MB, so unprocessed keys next to items are no sign of throttling.
    fruitless = found.length > 0 ? 0 : fruitless + 1;
    if (fruitless >= patience.attempts) {
      throw new AwsError('BatchGetItem', {
        code: 'UnprocessedKeys',
        message: `${left.join(', ')} keeps refusing keys`,
        status: 503,
      });
    }
    if (fruitless > 0) await pause(dynamoDb.pauses, patience, fruitless - 1);
  }
}

function requestFor(placed: readonly Placed[]): Readonly<Record<string, object>> {
  const tables = new Map<string, Attributes[]>();
  for (const { table, key } of placed) tables.set(table, [...(tables.get(table) ?? []), key]);
  return Object.fromEntries([...tables].map(([table, Keys]) => [table, { Keys, ConsistentRead: true }]));
}
