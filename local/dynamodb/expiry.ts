import type { TablePart } from '../parts.ts';
import { EngineFailure, type TableClient } from './client.ts';

/** Deletes expired items. DynamoDB does so in the background; the emulator does not. */
export interface Expiry {
  /** Deletes every item that has expired at `nowMs`; resolves to their number. Runs one at a time. */
  sweep(nowMs: number): Promise<number>;
  /** Whether the sweeper removed this item; true only once. The stream marks such a removal as DynamoDB's own. */
  removed(tableName: string, keys: Readonly<Record<string, unknown>>): boolean;
}

type Attributes = Readonly<Record<string, unknown>>;

/** Items per page: small enough that calls of functions are not delayed for long. */
const pageSize = 500;

export function createExpiry(client: TableClient, tables: readonly TablePart[]): Expiry {
  const removals = new Set<string>();
  let last: Promise<number> = Promise.resolve(0);

  async function sweepTable(table: TablePart, attribute: string, nowMs: number): Promise<number> {
    const names = keyNames(table);
    let count = 0;
    let from: unknown;
    do {
      const page = await client.call('Scan', {
        TableName: table.name,
        Limit: pageSize,
        FilterExpression: '#ttl <= :now',
        ProjectionExpression: names.map((_, at) => `#key${at}`).join(),
        ExpressionAttributeNames: {
          '#ttl': attribute,
          ...Object.fromEntries(names.map((name, at) => [`#key${at}`, name])),
        },
        ExpressionAttributeValues: { ':now': seconds(nowMs) },
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      });
      // Scan answers `Items` as attribute maps, here with only the keys.
      for (const key of page.Items as Attributes[]) if (await remove(table, attribute, key, nowMs)) count += 1;
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return count;
  }

  /** False if the item was renewed or removed since it was read. */
  async function remove(table: TablePart, attribute: string, key: Attributes, nowMs: number): Promise<boolean> {
    const name = removalName(table.name, key);
    // Recorded before the stream can show it.
    if (table.streamArn !== undefined) removals.add(name);
    try {
      await client.call('DeleteItem', {
        TableName: table.name,
        Key: key,
        ConditionExpression: '#ttl <= :now',
        ExpressionAttributeNames: { '#ttl': attribute },
        ExpressionAttributeValues: { ':now': seconds(nowMs) },
      });
      return true;
    } catch (error) {
      removals.delete(name);
      if (error instanceof EngineFailure && error.type === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  async function sweepAll(nowMs: number): Promise<number> {
    let count = 0;
    for (const table of tables) {
      if (table.ttlAttribute !== undefined) count += await sweepTable(table, table.ttlAttribute, nowMs);
    }
    return count;
  }

  return {
    sweep(nowMs) {
      last = last.catch(() => 0).then(() => sweepAll(nowMs));
      return last;
    },
    removed: (tableName, keys) => removals.delete(removalName(tableName, keys)),
  };
}

function seconds(ms: number): Attributes {
  return { N: String(Math.floor(ms / 1000)) };
}

function keyNames(table: TablePart): string[] {
  // CreateTable requires a key schema.
  return (table.create.KeySchema as { AttributeName: string }[]).map((key) => key.AttributeName);
}

function removalName(table: string, keys: Attributes): string {
  return JSON.stringify([
    table,
    ...Object.keys(keys)
      .sort()
      .map((name) => [name, keys[name]]),
  ]);
}
