import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createAccess } from '../../local/iam.ts';
import type { EventSourcePart, FunctionPart, QueuePart } from '../../local/parts.ts';
import { createQueues, type QueuesOptions } from '../../local/queues.ts';
import { createFakeLambda, type Invocation } from '../support/fake-lambda.ts';
import { createManualClock } from '../support/local-clock.ts';
import { signedRequest } from '../support/signed-request.ts';

const laneArn = 'arn:aws:sqs:us-east-1:000000000000:lane.fifo';
const workArn = 'arn:aws:sqs:us-east-1:000000000000:work';
const deadArn = 'arn:aws:sqs:us-east-1:000000000000:dead.fifo';

function queuePart(arn: string, extra: Partial<QueuePart> = {}): QueuePart {
  const name = arn.split(':').pop() ?? '';
  return {
    id: name,
    name,
    arn,
    url: `http://localhost:4000/local/sqs/000000000000/${name}`,
    fifo: name.endsWith('.fifo'),
    visibilitySeconds: 60,
    contentBasedDeduplication: false,
    ...extra,
  };
}

function mapping(sourceArn: string, extra: Partial<EventSourcePart> = {}): EventSourcePart {
  return {
    id: `mapping-${sourceArn}`,
    functionId: 'Worker',
    sourceArn,
    kind: 'sqs',
    batchSize: 10,
    batchWindowSeconds: 0,
    reportsItemFailures: true,
    bisect: false,
    filters: [],
    ...extra,
  };
}

const sender: FunctionPart = {
  id: 'Sender',
  codeDir: '',
  handler: 'index.handler',
  environment: {},
  timeoutSeconds: 10,
  memoryMb: 128,
  statements: [
    { effect: 'Allow', actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'], resources: [laneArn, workArn] },
    {
      effect: 'Allow',
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
      resources: [workArn],
    },
  ],
};

function setUp(extra: Partial<QueuesOptions> = {}) {
  const clock = createManualClock();
  const lambda = createFakeLambda();
  const access = createAccess([sender]);
  const queues = createQueues({
    queues: [
      queuePart(laneArn, { deadLetter: { arn: deadArn, maxReceiveCount: 3 } }),
      queuePart(deadArn),
      queuePart(workArn, { visibilitySeconds: 30 }),
    ],
    eventSources: [mapping(laneArn)],
    invoke: lambda.invoke,
    access,
    clock,
    ...extra,
  });
  const frame = (groupId: string, body: string, deduplicationId = `${groupId}-${body}`) =>
    queues.send(laneArn, { body, groupId, deduplicationId });
  const call = async (operation: string, input: Readonly<Record<string, unknown>>, url = '/local/aws/sqs') => {
    const response = await queues.handle(
      signedRequest(access.principalOf('Sender'), 'sqs', {
        url,
        headers: { 'x-amz-target': `AmazonSQS.${operation}`, 'content-type': 'application/x-amz-json-1.0' },
        body: JSON.stringify(input),
      }),
    );
    return { status: response.status, body: JSON.parse(String(response.body)) };
  };
  return { clock, lambda, queues, frame, call, access };
}

function bodies({ event }: Invocation): unknown[] {
  return event.Records.map((record) => record.body);
}

function failuresIn({ event }: Invocation, ...bad: string[]) {
  const failed = event.Records.filter((record) => bad.includes(String(record.body)));
  return { batchItemFailures: failed.map((record) => ({ itemIdentifier: record.messageId })) };
}

describe('a function behind a FIFO queue', () => {
  it('gets a message with everything that SQS tells about it', async () => {
    const { queues, lambda, clock } = setUp();
    const { messageId, sequenceNumber } = queues.send(laneArn, {
      body: 'hello',
      groupId: 'c1',
      deduplicationId: 'r1',
      attributes: { context: 'connectionId=c1&routeKey=join_room' },
    });
    const { functionId, event } = await lambda.next();
    expect(functionId).toBe('Worker');
    expect(event).toEqual({
      Records: [
        {
          messageId,
          receiptHandle: expect.any(String),
          body: 'hello',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: String(clock.now()),
            SequenceNumber: sequenceNumber,
            MessageGroupId: 'c1',
            SenderId: expect.any(String),
            MessageDeduplicationId: 'r1',
            ApproximateFirstReceiveTimestamp: String(clock.now()),
          },
          messageAttributes: {
            context: {
              stringValue: 'connectionId=c1&routeKey=join_room',
              dataType: 'String',
              stringListValues: [],
              binaryListValues: [],
            },
          },
          md5OfBody: '5d41402abc4b2a76b9719d911017c592',
          md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
          eventSource: 'aws:sqs',
          eventSourceARN: laneArn,
          awsRegion: 'us-east-1',
        },
      ],
    });
  });

  it('gets what arrives in one turn in one batch, several groups together', async () => {
    const { frame, lambda } = setUp();
    frame('a', '1');
    frame('b', '1');
    frame('a', '2');
    expect(bodies(await lambda.next())).toEqual(['1', '2', '1']);
  });

  it('never holds two batches of one group at a time, whatever else is free', async () => {
    const { frame, lambda } = setUp();
    frame('a', '1');
    const first = await lambda.next();
    frame('a', '2');
    frame('b', 'other');
    const second = await lambda.next();
    expect(bodies(second)).toEqual(['other']);
    first.answer();
    expect(bodies(await lambda.next())).toEqual(['2']);
  });

  it('gets at most as many messages as the batch size at once, in order', async () => {
    const { frame, lambda, queues } = setUp();
    for (let n = 1; n <= 23; n += 1) frame('a', String(n));
    const seen: unknown[] = [];
    for (const size of [10, 10, 3]) {
      const batch = await lambda.next();
      expect(batch.event.Records).toHaveLength(size);
      seen.push(...bodies(batch));
      batch.answer();
    }
    await queues.drained();
    expect(seen).toEqual(Array.from({ length: 23 }, (_, at) => String(at + 1)));
  });

  it('keeps a group waiting behind a failed message until the visibility time-out, and no other group', async () => {
    const { frame, lambda, clock } = setUp();
    frame('a', '1');
    frame('a', '2');
    const first = await lambda.next();
    clock.advance(10_000);
    first.answer(failuresIn(first, '1', '2'));
    frame('a', '3');
    frame('b', 'other');
    const other = await lambda.next();
    expect(bodies(other)).toEqual(['other']);
    other.answer();
    clock.advance(49_999);
    frame('b', 'still others only');
    expect(bodies(await lambda.next())).toEqual(['still others only']);
    clock.advance(1);
    const again = await lambda.next();
    expect(bodies(again)).toEqual(['1', '2', '3']);
    expect(again.event.Records[0]).toMatchObject({ attributes: { ApproximateReceiveCount: '2' } });
    expect(again.event.Records[2]).toMatchObject({ attributes: { ApproximateReceiveCount: '1' } });
  });

  it('gets only the failed items of a batch again', async () => {
    const { frame, lambda, clock, queues } = setUp();
    frame('a', '1');
    frame('b', '2');
    const first = await lambda.next();
    first.answer(failuresIn(first, '2'));
    frame('a', 'next');
    const second = await lambda.next();
    expect(bodies(second)).toEqual(['next']);
    second.answer();
    clock.advance(60_000);
    const again = await lambda.next();
    expect(bodies(again)).toEqual(['2']);
    again.answer({});
    await queues.drained();
  });

  it.each(['error', 'timeout', 'crash'] as const)('gets the whole batch again after its own %s', async (reason) => {
    const { frame, lambda, clock } = setUp({ retrySoonMs: 1000 });
    frame('a', '1');
    frame('b', '2');
    (await lambda.next()).fail(reason);
    frame('c', '3');
    (await lambda.next()).answer();
    clock.advance(1000);
    expect(bodies(await lambda.next())).toEqual(['1', '2']);
  });

  it.each([
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['an identifier that is not in the batch', { batchItemFailures: [{ itemIdentifier: 'nobody' }] }],
    ['no identifier', { batchItemFailures: [{}] }],
    ['failures that are no list', { batchItemFailures: 'all' }],
  ])('gets the whole batch again when its answer has %s', async (_, answer) => {
    const { frame, lambda, clock } = setUp();
    frame('a', '1');
    (await lambda.next()).answer(answer);
    frame('c', '3');
    (await lambda.next()).answer();
    clock.advance(60_000);
    expect(bodies(await lambda.next())).toEqual(['1']);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['an empty list', { batchItemFailures: [] }],
    ['null for a list', { batchItemFailures: null }],
  ])('has done its work when it answers %s', async (_, answer) => {
    const { frame, lambda, queues } = setUp();
    frame('a', '1');
    (await lambda.next()).answer(answer);
    await queues.drained();
    expect(queues.depth(laneArn)).toBe(0);
  });

  it('loses a message to the dead-letter queue after the allowed receipts, and its group goes on', async () => {
    const { frame, lambda, clock, queues } = setUp();
    const { messageId } = frame('a', 'poison');
    for (const receipt of ['1', '2', '3']) {
      const batch = await lambda.next();
      expect(batch.event.Records[0]).toMatchObject({ messageId, attributes: { ApproximateReceiveCount: receipt } });
      batch.fail('error');
      if (receipt === '1') frame('a', 'healthy');
      frame('z', receipt);
      (await lambda.next()).answer();
      clock.advance(60_000);
      if (receipt === '3') break;
    }
    expect(queues.depth(deadArn)).toBe(1);
    expect(bodies(await lambda.next())).toEqual(['healthy']);
  });

  it('takes a message with the same deduplication id once within five minutes', async () => {
    const { frame, lambda, clock, queues } = setUp();
    const first = frame('a', 'one', 'same');
    expect(frame('a', 'two', 'same')).toMatchObject({ messageId: first.messageId });
    const batch = await lambda.next();
    expect(bodies(batch)).toEqual(['one']);
    batch.answer();
    clock.advance(5 * 60_000 - 1);
    expect(frame('a', 'three', 'same').messageId).toBe(first.messageId);
    clock.advance(1);
    expect(frame('a', 'four', 'same').messageId).not.toBe(first.messageId);
    expect(bodies(await lambda.next())).toEqual(['four']);
    expect(queues.depth(laneArn)).toBe(1);
  });

  it('takes the same deduplication id once per group where the queue says so', async () => {
    const scoped = queuePart(laneArn, { deduplicationScope: 'messageGroup' });
    const { frame, lambda } = setUp({ queues: [scoped] });
    frame('a', 'one', 'same');
    frame('b', 'two', 'same');
    frame('a', 'three', 'same');
    expect(bodies(await lambda.next())).toEqual(['one', 'two']);
  });

  it('may set the time of a message’s return itself, before it reports the failure', async () => {
    const { call, lambda, clock, queues } = setUp({ eventSources: [mapping(workArn)] });
    queues.send(workArn, { body: 'soon' });
    const first = await lambda.next();
    const { receiptHandle } = first.event.Records[0] ?? {};
    const url = 'http://localhost:4000/local/sqs/000000000000/work';
    await call('ChangeMessageVisibility', { QueueUrl: url, ReceiptHandle: receiptHandle, VisibilityTimeout: 1 });
    first.answer(failuresIn(first, 'soon'));
    queues.send(workArn, { body: 'other' });
    const other = await lambda.next();
    expect(bodies(other)).toEqual(['other']);
    clock.advance(1000);
    expect(bodies(await lambda.next())).toEqual(['soon']);
  });

  it('runs no more batches at once than the mapping allows', async () => {
    const { queues, lambda, clock } = setUp({
      eventSources: [mapping(laneArn, { batchSize: 1, maximumConcurrency: 2 })],
    });
    for (const groupId of ['a', 'b', 'c']) queues.send(laneArn, { body: groupId, groupId, deduplicationId: groupId });
    const first = await lambda.next();
    // Functions that only wait leave room for more, up to the limit.
    clock.advance(1000);
    await lambda.next();
    clock.advance(1000);
    expect(lambda.waiting).toBe(0);
    first.answer();
    expect(bodies(await lambda.next())).toEqual(['c']);
  });

  it('gets a batch twice under chaos, as a lost deletion would bring it, still in order', async () => {
    const chaos = { delayMs: () => 0, duplicates: () => true, killAfter: () => undefined };
    const { frame, lambda, clock, queues } = setUp({ chaos });
    frame('a', '1');
    (await lambda.next()).answer();
    frame('a', '2');
    // Another group shows that the first one was looked at, and held.
    frame('b', 'other');
    const other = await lambda.next();
    expect(bodies(other)).toEqual(['other']);
    clock.advance(0);
    const again = await lambda.next();
    expect(bodies(again)).toEqual(['1', '2']);
    expect(again.event.Records[0]).toMatchObject({ attributes: { ApproximateReceiveCount: '2' } });
    expect(queues.depth(laneArn)).toBe(3);
  });

  it('leaves nothing running when stopped', async () => {
    const { frame, lambda, queues } = setUp();
    frame('a', '1');
    const batch = await lambda.next();
    const stopped = queues.stop();
    frame('b', '2');
    batch.answer();
    await stopped;
    expect(lambda.waiting).toBe(0);
    expect(queues.depth(laneArn)).toBe(1);
  });

  it('carries 2,000 messages of 50 groups in order, each once, whatever finishes first', async () => {
    const clock = createManualClock();
    const seen = new Map<string, number[]>();
    const queues = createQueues({
      queues: [queuePart(laneArn)],
      eventSources: [mapping(laneArn)],
      access: createAccess([]),
      clock,
      invoke: async (_, event) => {
        // The event is the one that the mapping made.
        const { Records } = event as { Records: { body: string; attributes: { MessageGroupId: string } }[] };
        for (let turns = Records.length % 4; turns > 0; turns -= 1) await Promise.resolve();
        for (const { body, attributes } of Records) {
          seen.set(attributes.MessageGroupId, [...(seen.get(attributes.MessageGroupId) ?? []), Number(body)]);
        }
        return { ok: true, payload: undefined };
      },
    });
    for (let n = 0; n < 40; n += 1) {
      for (let group = 0; group < 50; group += 1) {
        queues.send(laneArn, { body: String(n), groupId: `g${group}`, deduplicationId: `${group}-${n}` });
      }
      if (n % 7 === 0) await queues.drained();
    }
    await queues.drained();
    expect(seen.size).toBe(50);
    for (const numbers of seen.values()) expect(numbers).toEqual(Array.from({ length: 40 }, (_, n) => n));
  });
});

describe('a function behind a standard queue', () => {
  const standard = { eventSources: [mapping(workArn)] };

  it('gets a delayed message when its delay is over', async () => {
    const { queues, lambda, clock } = setUp(standard);
    queues.send(workArn, { body: 'late', delaySeconds: 5 });
    queues.send(workArn, { body: 'soon' });
    const first = await lambda.next();
    expect(bodies(first)).toEqual(['soon']);
    first.answer();
    expect(queues.depth(workArn)).toBe(2);
    clock.advance(5000);
    expect(bodies(await lambda.next())).toEqual(['late']);
  });

  it('gets a delayed message though the process was killed meanwhile, once', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'chorus-test-'));
    const killed = setUp({ ...standard, dataDir });
    killed.queues.send(workArn, { body: 'late', delaySeconds: 5 });
    killed.queues.send(workArn, { body: 'later', delaySeconds: 50 });
    const { queues, lambda, clock } = setUp({ ...standard, dataDir });
    clock.advance(5000);
    const late = await lambda.next();
    expect(bodies(late)).toEqual(['late']);
    late.answer();
    await queues.drained();
    const third = setUp({ ...standard, dataDir });
    third.clock.advance(50_000);
    expect(bodies(await third.lambda.next())).toEqual(['later']);
    rmSync(dataDir, { recursive: true });
  });

  it('gets a delayed message that came due while no process was there', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'chorus-test-'));
    const killed = setUp({ ...standard, dataDir });
    killed.queues.send(workArn, { body: 'overdue', delaySeconds: 5 });
    const { lambda } = setUp({ ...standard, dataDir, clock: createManualClock(killed.clock.now() + 6000) });
    expect(bodies(await lambda.next())).toEqual(['overdue']);
    rmSync(dataDir, { recursive: true });
  });

  it('gets a batch when it is full or its window is over, whichever is first', async () => {
    const { queues, lambda, clock } = setUp({
      eventSources: [mapping(workArn, { batchSize: 3, batchWindowSeconds: 2, maximumConcurrency: 10 })],
    });
    for (const body of ['1', '2', '3', '4']) queues.send(workArn, { body });
    const full = await lambda.next();
    expect(bodies(full)).toEqual(['1', '2', '3']);
    full.answer();
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(2000);
    expect(bodies(await lambda.next())).toEqual(['4']);
  });

  it('gets other messages while a failed one waits for its time', async () => {
    const { queues, lambda, clock } = setUp(standard);
    queues.send(workArn, { body: '1' });
    (await lambda.next()).fail('error');
    queues.send(workArn, { body: '2' });
    const second = await lambda.next();
    expect(bodies(second)).toEqual(['2']);
    second.answer();
    clock.advance(30_000);
    expect(bodies(await lambda.next())).toEqual(['1']);
  });

  it('gets messages in another order under chaos', async () => {
    const delays = [20, 10];
    const chaos = { delayMs: () => delays.shift() ?? 0, duplicates: () => false, killAfter: () => undefined };
    const { queues, lambda, clock } = setUp({ ...standard, chaos });
    queues.send(workArn, { body: '1' });
    queues.send(workArn, { body: '2' });
    clock.advance(30);
    expect(bodies(await lambda.next())).toEqual(['2', '1']);
  });
});

describe('a queue refuses', () => {
  it.each([
    ['an empty body', laneArn, { body: '', groupId: 'a', deduplicationId: 'x' }, 'MissingParameter'],
    ['a FIFO message without a group', laneArn, { body: 'b', deduplicationId: 'x' }, 'MissingParameter'],
    ['a FIFO message that nothing can deduplicate', laneArn, { body: 'b', groupId: 'a' }, 'InvalidParameterValue'],
    [
      'a delay in a FIFO queue',
      laneArn,
      { body: 'b', groupId: 'a', deduplicationId: 'x', delaySeconds: 1 },
      'InvalidParameterValue',
    ],
    [
      'more than 256 KB',
      laneArn,
      { body: 'x'.repeat(262_145), groupId: 'a', deduplicationId: 'x' },
      'InvalidParameterValue',
    ],
    [
      'text that XML forbids',
      laneArn,
      { body: 'a\uFFFEb', groupId: 'a', deduplicationId: 'x' },
      'InvalidMessageContents',
    ],
    ['an empty attribute', workArn, { body: 'b', attributes: { context: '' } }, 'InvalidParameterValue'],
    ['a message for a queue that is not there', `${workArn}-gone`, { body: 'b' }, 'QueueDoesNotExist'],
  ])('%s', (_, arn, message, code) => {
    const { queues } = setUp();
    expect(() => queues.send(arn, message)).toThrow(expect.objectContaining({ code }));
  });
});

describe('the SQS protocol', () => {
  const QueueUrl = 'http://localhost:4000/local/sqs/000000000000/work';
  const laneUrl = 'http://localhost:4000/local/sqs/000000000000/lane.fifo';

  it('sends a message that the function then gets', async () => {
    const { call, lambda } = setUp();
    const { status, body } = await call('SendMessage', {
      QueueUrl: laneUrl,
      MessageBody: 'hello',
      MessageGroupId: 'a',
      MessageDeduplicationId: 'x',
      MessageAttributes: { count: { DataType: 'Number', StringValue: '7' } },
    });
    expect([status, body.MD5OfMessageBody]).toEqual([200, '5d41402abc4b2a76b9719d911017c592']);
    expect((await lambda.next()).event.Records[0]).toMatchObject({
      messageId: body.MessageId,
      messageAttributes: { count: { dataType: 'Number', stringValue: '7' } },
    });
  });

  it('sends what it can of a batch and says what failed', async () => {
    const { call } = setUp();
    const Entries = [
      { Id: 'good', MessageBody: 'a', MessageGroupId: 'g', MessageDeduplicationId: '1' },
      { Id: 'bad', MessageBody: 'b', MessageDeduplicationId: '2' },
    ];
    const { body } = await call('SendMessageBatch', { QueueUrl: laneUrl, Entries });
    expect(body.Successful).toMatchObject([{ Id: 'good' }]);
    expect(body.Failed).toMatchObject([{ Id: 'bad', Code: 'MissingParameter', SenderFault: true }]);
    const many = Array.from({ length: 11 }, (_, at) => ({ Id: String(at), MessageBody: 'a' }));
    const refused = await call('SendMessageBatch', { QueueUrl, Entries: many });
    expect([refused.status, refused.body.__type]).toEqual([400, 'com.amazonaws.sqs#TooManyEntriesInBatchRequest']);
  });

  it('hands a received message out again after its visibility time-out, unless it was deleted', async () => {
    const { call, clock, queues } = setUp();
    queues.send(workArn, { body: '1' });
    const first = await call('ReceiveMessage', { QueueUrl, MessageSystemAttributeNames: ['All'] });
    expect(first.body.Messages).toMatchObject([{ Body: '1', Attributes: { ApproximateReceiveCount: '1' } }]);
    expect((await call('ReceiveMessage', { QueueUrl })).body.Messages).toEqual([]);
    clock.advance(30_000);
    const second = await call('ReceiveMessage', { QueueUrl });
    const { ReceiptHandle } = second.body.Messages[0];
    await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
    clock.advance(0);
    const third = await call('ReceiveMessage', { QueueUrl });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: third.body.Messages[0].ReceiptHandle });
    expect(queues.depth(workArn)).toBe(0);
  });

  it('waits for a message as long as it is asked to', async () => {
    const { call, clock, queues } = setUp();
    const waiting = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    queues.send(workArn, { body: 'at last' });
    expect((await waiting).body.Messages).toMatchObject([{ Body: 'at last' }]);
    const inVain = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    await Promise.resolve();
    clock.advance(20_000);
    expect((await inVain).body.Messages).toEqual([]);
  });

  it('tells the attributes of a queue', async () => {
    const { call } = setUp();
    const { body } = await call('GetQueueAttributes', { QueueUrl: laneUrl, AttributeNames: ['All'] });
    expect(body.Attributes).toMatchObject({ QueueArn: laneArn, VisibilityTimeout: '60', FifoQueue: 'true' });
  });

  it('refuses what the role does not allow, and a signature that is not right', async () => {
    const { call, queues, access } = setUp();
    expect(await call('ReceiveMessage', { QueueUrl: laneUrl })).toMatchObject({
      status: 403,
      body: {
        __type: 'com.amazonaws.sqs#AccessDeniedException',
        message: expect.stringContaining('sqs:ReceiveMessage'),
      },
    });
    const request = signedRequest(access.principalOf('Sender'), 'sqs', {
      url: '/',
      headers: { 'x-amz-target': 'AmazonSQS.SendMessage' },
      body: '{}',
    });
    expect(await queues.handle({ ...request, body: Buffer.from('{"MessageBody":"x"}') })).toMatchObject({
      status: 403,
    });
  });

  it('refuses unknown actions and queues', async () => {
    const { call } = setUp();
    expect(await call('PurgeQueue', { QueueUrl })).toMatchObject({ status: 400 });
    expect(await call('SendMessage', { QueueUrl: 'http://x/000000000000/gone', MessageBody: 'a' })).toMatchObject({
      status: 403,
    });
  });

  it('counts requests as they are billed', async () => {
    const { queues, lambda, frame } = setUp();
    frame('a', 'x'.repeat(100_000), '1');
    frame('b', 'small', '2');
    (await lambda.next()).answer();
    await queues.drained();
    expect(queues.counts()[laneArn]).toEqual({ send: 3, receive: 2, delete: 1 });
  });
});
