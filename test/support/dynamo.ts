import { randomUUID } from 'node:crypto';
import { createTableClient } from '../../local/dynamodb/client.ts';
import { startEngine as startProcess } from '../../local/dynamodb/engine.ts';
import { createTables } from '../../local/dynamodb/tables.ts';
import type { TablePart } from '../../local/parts.ts';

/** Both tables of the product, empty, for one test file. */
export interface FreshTables {
  readonly tableName: string;
  readonly connectionsTableName: string;
  readonly endpoint: string;
}

/** An engine of the user's own, for platforms that have none; see the start of the local runtime. */
const ownName = 'DYNAMODB_ENDPOINT';
/** The engine of this test run. Not the same name: a runtime that a test starts must not take it for its own. */
const sharedName = 'TEST_DYNAMODB_ENDPOINT';

/**
 * One engine in memory for a whole test run; child processes find it by their environment. Joins an engine that is named
 * there already. The returned function stops what was started here.
 */
export async function startEngine(): Promise<() => Promise<void>> {
  if (sharedEndpoint()) return () => Promise.resolve();
  const engine = await startProcess();
  // A test that does not stop it must not hang on it: it ends with this process.
  engine.unref();
  process.env[sharedName] = engine.endpoint;
  return () => engine.stop();
}

/**
 * Makes both tables under unused names, with the keys, indexes and expiry of the template.
 *
 * @param stream also switches on the stream of `table`, which makes each write more expensive
 */
export async function freshTables({ stream = false } = {}): Promise<FreshTables> {
  await startEngine();
  const endpoint = sharedEndpoint() ?? '';
  const suffix = randomUUID().slice(0, 13);
  const parts = [durable(`table-${suffix}`, stream), connections(`connections-${suffix}`)] as const;
  const client = createTableClient(endpoint);
  try {
    await createTables(client, parts);
  } finally {
    client.close();
  }
  return { tableName: parts[0].name, connectionsTableName: parts[1].name, endpoint };
}

function sharedEndpoint(): string | undefined {
  return process.env[sharedName] ?? process.env[ownName];
}

/** The durable single table as a part of an assembly. */
export function durable(name: string, stream: boolean): TablePart {
  const local = [0, 1, 2, 3, 4];
  const global = [1, 2, 3];
  return part(name, {
    AttributeDefinitions: [
      ...strings('pk', 'sk', ...local.map((at) => `l${at}`)),
      ...strings(...global.flatMap((at) => [`gsi${at}pk`, `gsi${at}sk`])),
    ],
    LocalSecondaryIndexes: local.map((at) => index(`lsi${at}`, 'pk', `l${at}`)),
    GlobalSecondaryIndexes: global.map((at) => index(`gsi${at}`, `gsi${at}pk`, `gsi${at}sk`)),
    ...(stream ? { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } } : {}),
  });
}

/** The table of open sockets as a part of an assembly. */
export function connections(name: string): TablePart {
  return part(name, {
    AttributeDefinitions: [
      ...strings('pk', 'sk', 'gsi1pk', 'gsi1sk', 'gsi2pk'),
      { AttributeName: 'gsi2sk', AttributeType: 'N' },
    ],
    GlobalSecondaryIndexes: [index('gsi1', 'gsi1pk', 'gsi1sk'), index('gsi2', 'gsi2pk', 'gsi2sk')],
  });
}

function part(name: string, create: Readonly<Record<string, unknown>>): TablePart {
  const arn = `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`;
  return {
    id: name,
    name,
    arn,
    ...('StreamSpecification' in create ? { streamArn: `${arn}/stream/2026-01-01T00:00:00.000` } : {}),
    ttlAttribute: 'ttl',
    create: { TableName: name, BillingMode: 'PAY_PER_REQUEST', KeySchema: keySchema('pk', 'sk'), ...create },
  };
}

function strings(...names: string[]): unknown[] {
  return names.map((name) => ({ AttributeName: name, AttributeType: 'S' }));
}

function keySchema(hash: string, range: string): unknown[] {
  return [
    { AttributeName: hash, KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ];
}

function index(name: string, hash: string, range: string): unknown {
  return { IndexName: name, KeySchema: keySchema(hash, range), Projection: { ProjectionType: 'ALL' } };
}
