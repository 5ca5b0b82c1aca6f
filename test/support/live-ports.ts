import { awsEnvironment } from '../../functions/adapters/aws-environment.ts';
import { createAwsClient } from '../../functions/adapters/aws-request.ts';
import { createDynamoDb } from '../../functions/adapters/dynamodb-client.ts';
import type { Meter } from '../../functions/adapters/dynamodb-meter.ts';
import { createTable } from '../../functions/adapters/dynamodb-table.ts';
import { systemClock, systemIds } from '../../functions/adapters/system.ts';
import { defineApp } from '../../functions/core/app.ts';
import { branded } from '../../functions/core/branded.ts';
import { noLimits } from '../../functions/core/limits.ts';
import type { EpochMs } from '../../functions/core/names.ts';
import type { Ports } from '../../functions/core/ports.ts';
import type { Settings } from '../../functions/core/settings.ts';
import { readSettings } from '../../functions/core/settings.ts';
import { freshTables } from './dynamo.ts';

/**
 * Ports over fresh tables of the embedded engine, with a clock that runs and can be moved forward. They are for races
 * and waits; a test of a single request should use a clock that stands still.
 */
export async function livePorts(settings: Partial<Settings> = {}, meter?: Meter) {
  const { tableName, connectionsTableName, endpoint } = await freshTables();
  const { region, credentials } = awsEnvironment({
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  const client = createAwsClient({
    endpoint: new URL(endpoint),
    region,
    credentials,
    service: 'dynamodb',
    timeoutMs: 10_000,
    patience: { attempts: 5, firstMs: 10, longestMs: 200 },
    pauses: { clock: systemClock, random: Math.random },
  });
  const dynamoDb = createDynamoDb(client, meter);
  let ahead = 0;
  const errors: unknown[] = [];
  const ports: Ports = {
    clock: { ...systemClock, now: () => branded<EpochMs>(Date.now() + ahead) },
    ids: systemIds,
    table: createTable(dynamoDb, tableName),
    connections: createTable(dynamoDb, connectionsTableName),
    get blobs(): never {
      throw new Error('this test has no blobs');
    },
    get gateway(): never {
      throw new Error('this test has no sockets');
    },
    get fanOut(): never {
      throw new Error('this test has no fan-out queue');
    },
    get deliveries(): never {
      throw new Error('this test has no webhooks');
    },
    get reminders(): never {
      throw new Error('this test has no reminders');
    },
    get lane(): never {
      throw new Error('this test has no lane');
    },
    get functions(): never {
      throw new Error('this test has one function');
    },
    get files(): never {
      throw new Error('this test has no files');
    },
    get outbound(): never {
      throw new Error('this test asks nobody else');
    },
    outbox: { email: undefined, sms: undefined },
    secrets: { server: async () => new Uint8Array(32).fill(7), named: async (arn) => `the secret ${arn}` },
    log: { info: () => {}, error: (_, cause) => errors.push(cause) },
    app: defineApp({ name: 'test' }),
    limits: noLimits,
    settings: { ...readSettings({ ANONYMOUS: 'rooms' }), ...settings },
  };
  return {
    ports,
    /** What was logged as an error. */
    errors,
    advance(ms: number) {
      ahead += ms;
    },
  };
}
