import type { TablePart } from '../parts.ts';
import { EngineFailure, type TableClient } from './client.ts';

/** The common fields of `CreateTable` and `DescribeTable` that are compared here. */
interface Shape {
  readonly KeySchema?: unknown;
  readonly AttributeDefinitions?: unknown;
  readonly LocalSecondaryIndexes?: readonly Index[];
  readonly GlobalSecondaryIndexes?: readonly Index[];
  readonly StreamSpecification?: { readonly StreamEnabled?: boolean };
}

interface Index {
  readonly IndexName: string;
  readonly KeySchema?: unknown;
  readonly Projection?: unknown;
}

/**
 * Creates missing tables, and updates those of an earlier start as a deployment would: it adds new global indexes and a
 * new stream, and enables expiry.
 *
 * @throws Error if AWS would replace the table: other keys or other local indexes
 */
export async function createTables(client: TableClient, tables: readonly TablePart[]): Promise<void> {
  for (const table of tables) {
    // The template's CreateTable input; only the members of Shape are used.
    const wanted = table.create as Shape;
    const found = await describe(client, table.name);
    if (found) await update(client, table.name, found, wanted);
    else await client.call('CreateTable', { ...table.create, TableName: table.name });
    if (table.ttlAttribute !== undefined) await expire(client, table.name, table.ttlAttribute);
  }
}

async function describe(client: TableClient, name: string): Promise<Shape | undefined> {
  try {
    // DescribeTable always answers a `Table` of this shape.
    return (await client.call('DescribeTable', { TableName: name })).Table as Shape;
  } catch (error) {
    if (error instanceof EngineFailure && error.type === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

async function update(client: TableClient, name: string, found: Shape, wanted: Shape): Promise<void> {
  if (identity(found) !== identity(wanted)) {
    throw new Error(
      `The local table ${name} was made with other keys or local indexes than the template has now. ` +
        'Delete the folder .chorus (its data goes with it), or start with --fresh.',
    );
  }
  const present = new Set(found.GlobalSecondaryIndexes?.map((index) => index.IndexName));
  for (const index of wanted.GlobalSecondaryIndexes ?? []) {
    if (present.has(index.IndexName)) continue;
    await client.call('UpdateTable', {
      TableName: name,
      AttributeDefinitions: wanted.AttributeDefinitions,
      GlobalSecondaryIndexUpdates: [{ Create: index }],
    });
  }
  if (wanted.StreamSpecification?.StreamEnabled && !found.StreamSpecification?.StreamEnabled) {
    await client.call('UpdateTable', { TableName: name, StreamSpecification: wanted.StreamSpecification });
  }
}

/** The parts that cannot change in place. */
function identity({ KeySchema, LocalSecondaryIndexes }: Shape): string {
  const indexes = (LocalSecondaryIndexes ?? []).map((index) => [index.IndexName, keys(index.KeySchema)]);
  return JSON.stringify([keys(KeySchema), indexes.sort()]);
}

function keys(schema: unknown): unknown {
  // A key schema is a list of names and roles in every version of the API.
  return (schema as { AttributeName: string; KeyType: string }[] | undefined)?.map((key) => [
    key.KeyType,
    key.AttributeName,
  ]);
}

async function expire(client: TableClient, name: string, attribute: string): Promise<void> {
  const { TimeToLiveDescription: now } = await client.call('DescribeTimeToLive', { TableName: name });
  if ((now as { AttributeName?: string } | undefined)?.AttributeName === attribute) return;
  await client.call('UpdateTimeToLive', {
    TableName: name,
    TimeToLiveSpecification: { AttributeName: attribute, Enabled: true },
  });
}
