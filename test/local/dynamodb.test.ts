import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTableClient, type TableClient } from '../../local/dynamodb/client.ts';
import { createExpiry } from '../../local/dynamodb/expiry.ts';
import { createTables } from '../../local/dynamodb/tables.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { startDynamoDbProxy, type TableCall, writtenTables } from '../../local/dynamodb-proxy.ts';
import { createAccess } from '../../local/iam.ts';
import type { FunctionPart, TablePart } from '../../local/parts.ts';
import { connections, durable, freshTables } from '../support/dynamo.ts';

function item(pk: string, sk: string, ttlSeconds?: number) {
  return { pk: { S: pk }, sk: { S: sk }, ...(ttlSeconds === undefined ? {} : { ttl: { N: String(ttlSeconds) } }) };
}

describe('the engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps tables and items over a restart, with the index that its streams need', async () => {
    const tables = [durable('table', true), connections('connections')];
    const first = await startDynamoDb({ tables, dataDir: folder });
    await first.client.call('PutItem', { TableName: 'table', Item: item('a', 'b') });
    await first.stop();
    const second = await startDynamoDb({ tables, dataDir: folder });
    const { Item } = await second.client.call('GetItem', { TableName: 'table', Key: item('a', 'b') });
    const described = await second.client.call('DescribeTimeToLive', { TableName: 'connections' });
    await second.stop();
    expect(Item).toEqual(item('a', 'b'));
    expect(described.TimeToLiveDescription).toEqual({ AttributeName: 'ttl', TimeToLiveStatus: 'ENABLED' });
    const db = new DatabaseSync(join(folder, 'table.db'), { readOnly: true });
    const plan = db.prepare(
      `EXPLAIN QUERY PLAN SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?`,
    );
    expect(JSON.stringify(plan.all('table'))).toContain('chorus_stream_seq');
    db.close();
  });

  it('adds a global index that a new template has, and refuses other keys', async () => {
    const endpoint = (await freshTables()).endpoint;
    const client = createTableClient(endpoint);
    const part = connections(`grown-${process.pid}`);
    // The shape that connections() makes.
    const indexes = part.create.GlobalSecondaryIndexes as { IndexName: string }[];
    const attributes = part.create.AttributeDefinitions as { AttributeName: string }[];
    const smaller: TablePart = {
      ...part,
      create: {
        ...part.create,
        GlobalSecondaryIndexes: indexes.slice(0, 1),
        AttributeDefinitions: attributes.filter((attribute) => !attribute.AttributeName.startsWith('gsi2')),
      },
    };
    await createTables(client, [smaller]);
    await createTables(client, [part]);
    const { Table } = await client.call('DescribeTable', { TableName: part.name });
    expect(Table).toMatchObject({ GlobalSecondaryIndexes: [{ IndexName: 'gsi1' }, { IndexName: 'gsi2' }] });
    const KeySchema = [{ AttributeName: 'pk', KeyType: 'HASH' }];
    await expect(createTables(client, [{ ...part, create: { ...part.create, KeySchema } }])).rejects.toThrow('.chorus');
    client.close();
  });

  it('ends when the process that started it is killed, and its temporary data with it', async () => {
    const module = fileURLToPath(new URL('../../local/dynamodb.ts', import.meta.url));
    const script = `import { startDynamoDb } from ${JSON.stringify(module)};
      const { endpoint } = await startDynamoDb({ tables: [] });
      console.log(endpoint); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script]);
    const endpoint = await new Promise<string>((resolve) =>
      child.stdout.once('data', (text) => resolve(String(text).trim())),
    );
    const { port } = new URL(endpoint);
    // An open connection ends when the engine does.
    const ended = new Promise((resolve) => {
      connect(Number(port), '127.0.0.1').on('error', resolve).on('close', resolve).resume();
    });
    child.kill('SIGKILL');
    await ended;
  });

  it('is somebody else’s where an endpoint is named, and is left running', async () => {
    const { endpoint, tableName } = await freshTables();
    const joined = await startDynamoDb({ tables: [], endpoint });
    await joined.stop();
    const client = createTableClient(endpoint);
    await expect(client.call('DescribeTable', { TableName: tableName })).resolves.toBeDefined();
    client.close();
  });
});

describe('expiry', () => {
  let client: TableClient;
  beforeAll(async () => {
    client = createTableClient((await freshTables()).endpoint);
  });
  afterAll(() => client.close());

  it('removes what is due, page by page, keeps the rest, and knows what it removed', async () => {
    const part = { ...durable(`expiry-${process.pid}`, false), streamArn: 'arn:stream' };
    await createTables(client, [part]);
    const nowMs = Date.parse('2026-11-20T21:00:00Z');
    const now = nowMs / 1000;
    const due = Array.from({ length: 40 }, (_, at) => item('due', String(at).padStart(3, '0'), now - at));
    const rest = [item('kept', 'later', now + 1), item('kept', 'forever')];
    for (const Item of [...due, ...rest]) await client.call('PutItem', { TableName: part.name, Item });
    const expiry = createExpiry(client, [part]);
    const [first, second] = await Promise.all([expiry.sweep(nowMs), expiry.sweep(nowMs)]);
    expect([first, second]).toEqual([40, 0]);
    const { Items } = await client.call('Scan', { TableName: part.name });
    expect(Items).toHaveLength(2);
    const keys = { sk: { S: '007' }, pk: { S: 'due' } };
    expect(expiry.removed(part.name, keys)).toBe(true);
    expect(expiry.removed(part.name, keys)).toBe(false);
    expect(expiry.removed(part.name, { pk: { S: 'kept' }, sk: { S: 'later' } })).toBe(false);
  });
});

describe('the proxy before the engine', () => {
  const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/';
  let names: Awaited<ReturnType<typeof freshTables>>;
  let proxy: Awaited<ReturnType<typeof startDynamoDbProxy>>;
  let keyOf: (functionId: string) => string;
  const calls: TableCall[] = [];
  const usage: unknown[] = [];

  beforeAll(async () => {
    names = await freshTables();
    const own = `${arn}${names.tableName}`;
    const part = (id: string, actions: string[], resources: string[]): FunctionPart => ({
      id,
      codeDir: '',
      handler: '',
      environment: {},
      timeoutSeconds: 3,
      memoryMb: 128,
      statements: [{ effect: 'Allow', actions: actions.map((action) => `dynamodb:${action}`), resources }],
    });
    const access = createAccess([
      part('Writer', ['*'], [own, `${own}/index/*`]),
      part('Putter', ['PutItem', 'BatchGetItem'], [own]),
    ]);
    keyOf = (functionId) => access.principalOf(functionId).accessKeyId;
    proxy = await startDynamoDbProxy({
      endpoint: names.endpoint,
      access,
      onCall: (call) => calls.push(call),
      onUsage: (call, used) => usage.push([call.operation, ...used]),
    });
  });
  afterAll(() => proxy.stop());

  async function call(accessKeyId: string, operation: string, input: unknown) {
    const response = await fetch(proxy.endpoint, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261120/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00`,
        'x-amz-date': '20261120T210000Z',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        'content-type': 'application/x-amz-json-1.0',
      },
      body: JSON.stringify(input),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }
  const TableNames = () => ({ TableName: names.tableName });
  const denied = (action: string, resource: string) => ({
    status: 400,
    body: {
      __type: 'com.amazon.coral.service#AccessDeniedException',
      message: expect.stringMatching(
        new RegExp(
          `is not authorized to perform: ${action} on resource: .*${resource} because no identity-based policy`,
        ),
      ),
    },
  });

  it('passes on what the role allows, large items too', async () => {
    const Item = { ...item('a', '1'), text: { S: 'x'.repeat(300_000) } };
    expect(await call(keyOf('Putter'), 'PutItem', { ...TableNames(), Item })).toMatchObject({ status: 200 });
    const { body } = await call(keyOf('Writer'), 'GetItem', { ...TableNames(), Key: item('a', '1') });
    expect(body.Item).toEqual(Item);
  });

  it('refuses an action that the role does not have', async () => {
    expect(await call(keyOf('Putter'), 'GetItem', { ...TableNames(), Key: item('a', '1') })).toEqual(
      denied('dynamodb:GetItem', names.tableName),
    );
  });

  it('refuses a table, and an index of a table, that the role does not name', async () => {
    const query = { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'a' } } };
    expect(await call(keyOf('Writer'), 'Query', { TableName: names.connectionsTableName, ...query })).toEqual(
      denied('dynamodb:Query', names.connectionsTableName),
    );
    const index = { ...TableNames(), IndexName: 'lsi0', ...query };
    expect(await call(keyOf('Writer'), 'Query', index)).toMatchObject({ status: 200 });
    expect(await call(keyOf('Putter'), 'Query', index)).toEqual(denied('dynamodb:Query', 'index/lsi0'));
  });

  it('looks at every table of a batch', async () => {
    const Keys = [item('a', '1')];
    const own = { [names.tableName]: { Keys } };
    expect(await call(keyOf('Putter'), 'BatchGetItem', { RequestItems: own })).toMatchObject({ status: 200 });
    const both = { ...own, [names.connectionsTableName]: { Keys } };
    expect(await call(keyOf('Putter'), 'BatchGetItem', { RequestItems: both })).toEqual(
      denied('dynamodb:BatchGetItem', names.connectionsTableName),
    );
  });

  it('looks at every part of a transaction, each with its own action', async () => {
    const Put = { ...TableNames(), Item: item('t', '1') };
    const Delete = { ...TableNames(), Key: item('t', '2') };
    expect(await call(keyOf('Putter'), 'TransactWriteItems', { TransactItems: [{ Put }] })).toMatchObject({
      status: 200,
    });
    expect(await call(keyOf('Putter'), 'TransactWriteItems', { TransactItems: [{ Put }, { Delete }] })).toEqual(
      denied('dynamodb:DeleteItem', names.tableName),
    );
  });

  it('is not misled by what an item says', async () => {
    const Item = {
      ...item('n', '1'),
      TableName: { S: names.tableName },
      note: { S: `"TableName":"${names.tableName}"` },
    };
    expect(await call(keyOf('Putter'), 'PutItem', { Item, TableName: names.connectionsTableName })).toEqual(
      denied('dynamodb:PutItem', names.connectionsTableName),
    );
  });

  it('refuses operations without a table, unknown keys and bodies it cannot read', async () => {
    expect(await call(keyOf('Writer'), 'ListTables', {})).toEqual(denied('dynamodb:ListTables', '[*]'));
    expect(await call('AKIANOBODY', 'PutItem', {})).toMatchObject({
      status: 400,
      body: { __type: 'com.amazon.coral.service#UnrecognizedClientException' },
    });
    expect(await call(keyOf('Writer'), 'TransactWriteItems', { TransactItems: 7 })).toMatchObject({
      status: 400,
      body: { __type: 'com.amazon.coral.service#SerializationException' },
    });
    expect((await fetch(proxy.endpoint, { method: 'POST' })).status).toBe(400);
  });

  it('tells who called what, and what it consumed', async () => {
    calls.length = 0;
    usage.length = 0;
    await call(keyOf('Putter'), 'PutItem', { ...TableNames(), Item: item('u', '1') });
    await call(keyOf('Putter'), 'GetItem', { ...TableNames(), Key: item('u', '1') });
    const { tableName } = names;
    expect(calls.map(writtenTables)).toEqual([[tableName]]);
    expect(calls).toEqual([{ functionId: 'Putter', operation: 'PutItem', resources: [`${arn}${tableName}`] }]);
    expect(usage).toEqual([['PutItem', { table: tableName, units: 1 }]]);
  });

  it('keeps 200 calls over shared connections apart', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        const Key = item('many', String(at));
        if (at % 3 === 0) return (await call(keyOf('Putter'), 'GetItem', { ...TableNames(), Key })).status === 400;
        await call(keyOf('Writer'), 'PutItem', { ...TableNames(), Item: Key });
        const { body } = await call(keyOf('Writer'), 'GetItem', { ...TableNames(), Key });
        return body.Item.sk.S === String(at);
      }),
    );
    expect(answers).toEqual(Array.from({ length: 200 }, () => true));
  });
});
