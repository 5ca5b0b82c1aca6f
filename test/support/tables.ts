import { createAwsClient } from '../../functions/adapters/aws-request.ts';
import { createDynamoDb } from '../../functions/adapters/dynamodb-client.ts';
import type { Meter } from '../../functions/adapters/dynamodb-meter.ts';
import { createTable } from '../../functions/adapters/dynamodb-table.ts';
import { systemClock } from '../../functions/adapters/system.ts';
import type { Table } from '../../functions/core/table.ts';
import { freshTables } from './dynamo.ts';

export interface Tables {
  readonly table: Table;
  readonly connections: Table;
}

/** Both tables, new and empty, through the real adapter; `meter` receives the cost of each call. */
export async function openTables(meter?: Meter): Promise<Tables> {
  const { endpoint, tableName, connectionsTableName } = await freshTables();
  const client = createAwsClient({
    endpoint: new URL(endpoint),
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' },
    service: 'dynamodb',
    timeoutMs: 10_000,
    patience: { attempts: 6, firstMs: 25, longestMs: 1_000 },
    pauses: { clock: systemClock, random: Math.random },
  });
  const dynamoDb = createDynamoDb(client, meter);
  return { table: createTable(dynamoDb, tableName), connections: createTable(dynamoDb, connectionsTableName) };
}
