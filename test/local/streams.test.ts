import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTableClient, type TableClient } from '../../local/dynamodb/client.ts';
import { createExpiry } from '../../local/dynamodb/expiry.ts';
import type { EventSourcePart, TablePart } from '../../local/parts.ts';
import { matchesPattern } from '../../local/streams/filter.ts';
import { type StreamsOptions, startStreams } from '../../local/streams.ts';
import { durable, freshTables } from '../support/dynamo.ts';
import { createFakeLambda, type Invocation } from '../support/fake-lambda.ts';
import { createManualClock } from '../support/local-clock.ts';

let client: TableClient;
let table: TablePart;
beforeAll(async () => {
  client = createTableClient((await freshTables()).endpoint);
});
afterAll(() => client.close());
beforeEach(async () => {
  const { tableName } = await freshTables({ stream: true });
  table = durable(tableName, true);
});

function setUp(source: Partial<EventSourcePart> = {}, extra: Partial<StreamsOptions> = {}) {
  const clock = createManualClock();
  const lambda = createFakeLambda();
  const deadLetters: unknown[] = [];
  const streams = startStreams({
    client,
    tables: [table],
    eventSources: [
      {
        id: 'Changes',
        functionId: 'Stream',
        sourceArn: table.streamArn ?? '',
        kind: 'stream',
        batchSize: 100,
        batchWindowSeconds: 0,
        reportsItemFailures: true,
        bisect: false,
        filters: [],
        ...source,
      },
    ],
    invoke: lambda.invoke,
    sendToQueue: (arn, body) => deadLetters.push([arn, JSON.parse(body)]),
    clock,
    ...extra,
  });
  return { clock, lambda, streams, deadLetters };
}

async function put(pk: string, sk: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await client.call('PutItem', { TableName: table.name, Item: { pk: { S: pk }, sk: { S: sk }, ...more } });
}

async function remove(pk: string, sk: string): Promise<void> {
  await client.call('DeleteItem', { TableName: table.name, Key: { pk: { S: pk }, sk: { S: sk } } });
}

/** `INSERT a 1` for each record. */
function story({ event }: Invocation): string[] {
  return event.Records.map((record) => {
    const { Keys } = record.dynamodb as { Keys: { pk: { S: string }; sk: { S: string } } }; // as put() wrote it
    return `${String(record.eventName)} ${Keys.pk.S} ${Keys.sk.S}`;
  });
}

function numberAt({ event }: Invocation, at: number): string {
  const { dynamodb } = event.Records[at] as { dynamodb: { SequenceNumber: string } }; // every record has one
  return dynamodb.SequenceNumber;
}

describe('a function behind a stream', () => {
  it('gets every change in order, in Amazon’s shape', async () => {
    const { lambda, streams } = setUp();
    await put('a', '1', { n: { N: '1' } });
    await put('a', '1', { n: { N: '2' } });
    await remove('a', '1');
    const settled = streams.settled();
    const batch = await lambda.next();
    expect(story(batch)).toEqual(['INSERT a 1', 'MODIFY a 1', 'REMOVE a 1']);
    expect(batch.event.Records[1]).toEqual({
      eventID: expect.any(String),
      eventName: 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      eventSourceARN: table.streamArn,
      dynamodb: {
        ApproximateCreationDateTime: expect.any(Number),
        Keys: { pk: { S: 'a' }, sk: { S: '1' } },
        OldImage: { pk: { S: 'a' }, sk: { S: '1' }, n: { N: '1' } },
        NewImage: { pk: { S: 'a' }, sk: { S: '1' }, n: { N: '2' } },
        SequenceNumber: '100000000000000000002',
        SizeBytes: expect.any(Number),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    });
    expect(batch.event.Records[2]).not.toHaveProperty('userIdentity');
    batch.answer();
    await settled;
  });

  it('hears nothing of a write that changes nothing', async () => {
    const { lambda, streams } = setUp();
    await put('a', '1');
    await put('a', '1');
    await put('a', '2');
    const settled = streams.settled();
    const batch = await lambda.next();
    expect(story(batch)).toEqual(['INSERT a 1', 'INSERT a 2']);
    batch.answer();
    await settled;
  });

  it('gets batches of the size it asked for, one after the other', async () => {
    const { lambda, streams } = setUp({ batchSize: 2 });
    for (const sk of ['1', '2', '3']) await put('a', sk);
    const settled = streams.settled();
    const first = await lambda.next();
    expect(story(first)).toEqual(['INSERT a 1', 'INSERT a 2']);
    expect(lambda.waiting).toBe(0);
    first.answer({ batchItemFailures: [] });
    const second = await lambda.next();
    expect(story(second)).toEqual(['INSERT a 3']);
    second.answer();
    await settled;
  });

  it('is woken by a write, a moment later', async () => {
    const { lambda, streams, clock } = setUp();
    await streams.settled();
    await put('a', '1');
    streams.written(table.name);
    clock.advance(100);
    const batch = await lambda.next();
    expect(story(batch)).toEqual(['INSERT a 1']);
    batch.answer();
    await streams.stop();
  });

  it('gets what its filters let through, and nothing of the rest again', async () => {
    const filters = [{ eventName: ['REMOVE'] }, { dynamodb: { Keys: { pk: { S: [{ prefix: 'ROOM#' }] } } } }];
    const { lambda, streams } = setUp({ filters });
    await put('a', '1');
    await put('ROOM#a', '1');
    await remove('a', '1');
    const settled = streams.settled();
    const batch = await lambda.next();
    expect(story(batch)).toEqual(['INSERT ROOM#a 1', 'REMOVE a 1']);
    batch.answer();
    await settled;
  });

  it('learns which items went because their time was up', async () => {
    const expiry = createExpiry(client, [table]);
    const { lambda, streams } = setUp({}, { expired: expiry.removed });
    await put('a', 'due', { ttl: { N: '1000' } });
    await put('a', 'deleted', { ttl: { N: '1000' } });
    await remove('a', 'deleted');
    await expiry.sweep(2_000_000);
    const settled = streams.settled();
    const batch = await lambda.next();
    expect(story(batch).slice(2)).toEqual(['REMOVE a deleted', 'REMOVE a due']);
    expect(batch.event.Records[2]).not.toHaveProperty('userIdentity');
    expect(batch.event.Records[3]).toMatchObject({
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    });
    batch.answer();
    await settled;
  });

  it('gets everything from its lowest failed record on again', async () => {
    const { lambda, streams, clock } = setUp();
    for (const sk of ['1', '2', '3', '4']) await put('a', sk);
    const settled = streams.settled();
    const first = await lambda.next();
    first.answer({
      batchItemFailures: [{ itemIdentifier: numberAt(first, 3) }, { itemIdentifier: numberAt(first, 1) }],
    });
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(10_000);
    const again = await lambda.next();
    expect(story(again)).toEqual(['INSERT a 2', 'INSERT a 3', 'INSERT a 4']);
    again.answer();
    await settled;
  });

  it('is tried as often as allowed, then the batch is reported and the stream goes on', async () => {
    const deadLetterArn = 'arn:aws:sqs:us-east-1:000000000000:stream-dead';
    const { lambda, streams, clock, deadLetters } = setUp({ maximumRetries: 2, deadLetterArn, batchSize: 2 });
    for (const sk of ['1', '2', '3']) await put('a', sk);
    const settled = streams.settled();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const batch = await lambda.next();
      expect(story(batch)).toEqual(['INSERT a 1', 'INSERT a 2']);
      batch.fail('error');
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(10_000);
    }
    const healthy = await lambda.next();
    expect(story(healthy)).toEqual(['INSERT a 3']);
    healthy.answer();
    await settled;
    expect(deadLetters).toMatchObject([
      [
        deadLetterArn,
        {
          requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
          DDBStreamBatchInfo: {
            startSequenceNumber: '100000000000000000001',
            endSequenceNumber: '100000000000000000002',
            batchSize: 2,
          },
        },
      ],
    ]);
  });

  it('gets a failing batch in halves, so that one bad record is given up alone', async () => {
    const { lambda, streams, deadLetters } = setUp({ bisect: true, maximumRetries: 0, deadLetterArn: 'arn:dead' });
    for (const sk of ['1', '2', 'bad', '4']) await put('a', sk);
    const settled = streams.settled();
    const done: string[] = [];
    const finished = settled.then(() => undefined);
    for (;;) {
      const batch = await Promise.race([lambda.next(), finished]);
      if (!batch) break;
      const records = story(batch);
      if (records.includes('INSERT a bad')) {
        batch.fail('error');
      } else {
        done.push(...records);
        batch.answer();
      }
    }
    expect(done).toEqual(['INSERT a 1', 'INSERT a 2', 'INSERT a 4']);
    expect(deadLetters).toMatchObject([['arn:dead', { DDBStreamBatchInfo: { batchSize: 1 } }]]);
  });

  it('goes on after a restart where it was', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'chorus-test-'));
    const first = setUp({}, { dataDir });
    await put('a', '1');
    const settled = first.streams.settled();
    (await first.lambda.next()).answer();
    await settled;
    await first.streams.stop();
    await put('a', '2');
    const second = setUp({}, { dataDir });
    const settledAgain = second.streams.settled();
    const batch = await second.lambda.next();
    expect(story(batch)).toEqual(['INSERT a 2']);
    batch.answer();
    await settledAgain;
    await second.streams.stop();
    rmSync(dataDir, { recursive: true });
  });

  it('gets a batch that was not done again after a restart', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'chorus-test-'));
    const first = setUp({}, { dataDir });
    await put('a', '1');
    void first.streams.settled();
    const unfinished = await first.lambda.next();
    const stopped = first.streams.stop();
    unfinished.fail('crash');
    await stopped;
    const second = setUp({}, { dataDir });
    const settled = second.streams.settled();
    const batch = await second.lambda.next();
    expect(story(batch)).toEqual(['INSERT a 1']);
    batch.answer();
    await settled;
    rmSync(dataDir, { recursive: true });
  });
});

describe('a filter pattern', () => {
  const record = { eventName: 'INSERT', dynamodb: { NewImage: { n: { N: '7' }, tags: { SS: ['x', 'y'] } } } };
  const image = (attribute: unknown) => ({ dynamodb: { NewImage: attribute } });
  it.each([
    ['a value', { eventName: ['INSERT'] }, true],
    ['another value', { eventName: ['REMOVE'] }, false],
    ['one of several', { eventName: ['REMOVE', 'INSERT'] }, true],
    ['a field that is there', image({ n: { N: [{ exists: true }] } }), true],
    ['a field that is missing', image({ m: { N: [{ exists: false }] } }), true],
    ['a field that should be missing', image({ n: { N: [{ exists: false }] } }), false],
    ['a prefix', image({ n: { N: [{ prefix: '7' }] } }), true],
    ['a suffix', { eventName: [{ suffix: 'SERT' }] }, true],
    ['any case', { eventName: [{ 'equals-ignore-case': 'insert' }] }, true],
    ['a wildcard', { eventName: [{ wildcard: 'IN*T' }] }, true],
    ['anything but a value', { eventName: [{ 'anything-but': ['INSERT'] }] }, false],
    ['anything but a prefix', { eventName: [{ 'anything-but': { prefix: 'REM' } }] }, true],
    ['a number in a range', image({ n: { N: [{ numeric: ['>', 5, '<=', 7] }] } }), true],
    ['a number outside a range', image({ n: { N: [{ numeric: ['>', 7] }] } }), false],
    ['an element of a list', image({ tags: { SS: ['y'] } }), true],
    ['one of two ways', { $or: [{ eventName: ['REMOVE'] }, image({ n: { N: ['7'] } })] }, true],
    ['a condition nobody knows', { eventName: [{ cidr: '10.0.0.0/8' }] }, false],
    ['nothing at all', {}, true],
  ])('asking for %s', (_, pattern, expected) => {
    expect(matchesPattern(record, pattern)).toBe(expected);
  });
});
