import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createFanOut } from '../../functions/adapters/fan-out.ts';
import { createLane } from '../../functions/adapters/lane.ts';
import { systemIds } from '../../functions/adapters/system.ts';
import { branded } from '../../functions/core/branded.ts';
import { unpackJob } from '../../functions/core/job-text.ts';
import type { ConnectionId, EpochMs } from '../../functions/core/names.ts';
import { verifyHeaderSignature } from '../../local/sigv4.ts';
import { accessKey, type Reaction, type Service, startService } from '../support/service.ts';

interface Entry {
  Id: string;
  MessageBody: string;
  MessageGroupId: string;
  MessageDeduplicationId: string;
  MessageAttributes?: Record<string, { DataType: string; StringValue: string }>;
}

const url = 'https://sqs.us-east-1.amazonaws.com/000000000000/queue.fifo';
let service: Service;
afterEach(() => service.close());

/** A queue that refuses, in its n-th batch, the entries whose indexes stand at n. */
async function queue(
  refusing: readonly (readonly number[])[] = [],
  refusal: object = { SenderFault: false, Code: 'InternalError' },
) {
  service = await startService((request, count): Reaction => {
    const { Entries } = JSON.parse(request.body.toString()) as { Entries: Entry[] };
    const failing = (refusing[Math.min(count, refusing.length - 1)] ?? []).map(String);
    return {
      body: {
        Successful: Entries.filter((entry) => !failing.includes(entry.Id)).map(({ Id }) => ({ Id })),
        Failed: Entries.filter((entry) => failing.includes(entry.Id)).map(({ Id }) => ({ Id, ...refusal })),
      },
    };
  });
  return service.client({ service: 'sqs' });
}
const batches = (): Entry[][] => service.requests.map((request) => JSON.parse(request.body.toString()).Entries);
const bodies = () => batches().map((batch) => batch.map((entry) => JSON.parse(entry.MessageBody).body));
const job = (body: unknown, group: string) => ({ kind: 'post', group, id: `${group}/${String(body)}`, body });

describe('fan-out jobs', () => {
  it('travel as JSON under their group and id, signed for SQS', async () => {
    await createFanOut(await queue(), url).send([{ kind: 'post', group: 'room:a/0', id: 'r1', body: { frame: 'ä' } }]);
    const [request] = service.requests;
    if (!request) throw new Error('nothing was sent');
    expect(request.headers['x-amz-target']).toBe('AmazonSQS.SendMessageBatch');
    expect(request.headers.authorization).toContain('/sqs/aws4_request');
    expect(verifyHeaderSignature(request, () => accessKey.secretAccessKey)).toMatchObject({ ok: true });
    expect(JSON.parse(request.body.toString())).toEqual({
      QueueUrl: url,
      Entries: [
        {
          Id: '0',
          MessageBody: '{"kind":"post","group":"room:a/0","body":{"frame":"ä"}}',
          MessageGroupId: 'room:a/0',
          MessageDeduplicationId: 'r1',
        },
      ],
    });
  });

  it('go ten to a call', async () => {
    await createFanOut(await queue(), url).send(Array.from({ length: 23 }, (_, i) => job(i, `g${i}`)));
    expect(bodies().map((batch) => batch.length)).toEqual([10, 10, 3]);
  });

  it('go as many to a call as 256 KB hold', async () => {
    const large = Array.from({ length: 4 }, (_, i) => ({ ...job(i, `g${i}`), body: 'x'.repeat(100_000) }));
    await createFanOut(await queue(), url).send(large);
    expect(batches().map((batch) => batch.length)).toEqual([2, 2]);
  });

  it('travel packed when quotes have made them large', async () => {
    const body = { frame: JSON.stringify({ text: '"'.repeat(65_000) }) };
    await createFanOut(await queue(), url).send([{ ...job(1, 'g'), body }]);
    const text = String(batches()[0]?.[0]?.MessageBody);
    expect(text.length).toBeLessThan(10_000);
    expect(unpackJob(text)).toEqual({ kind: job(1, 'g').kind, group: 'g', body });
  });

  it('are refused when one alone is larger than that', async () => {
    const fanOut = createFanOut(await queue(), url);
    await expect(fanOut.send([{ ...job(1, 'g'), body: randomBytes(200_000).toString('base64') }])).rejects.toThrow(
      RangeError,
    );
  });

  it('keep their order within a group, whatever is refused on the way', async () => {
    const fanOut = createFanOut(await queue([[0], [], [], []]), url);
    await fanOut.send([job('a1', 'a'), job('a2', 'a'), job('b1', 'b'), job('a3', 'a'), job('b2', 'b')]);
    expect(bodies()).toEqual([['a1', 'b1'], ['a1', 'b2'], ['a2'], ['a3']]);
  });

  it('keep one id when they are sent again', async () => {
    await createFanOut(await queue([[0], []]), url).send([job(1, 'g')]);
    const ids = batches()
      .flat()
      .map((entry) => entry.MessageDeduplicationId);
    expect(ids).toEqual(['g/1', 'g/1']);
    expect(service.pauses).toHaveLength(1);
  });

  it('throw when they are refused again and again, or for good', async () => {
    const busy = createFanOut(await queue([[0]]), url);
    await expect(busy.send([job(1, 'g')])).rejects.toMatchObject({ code: 'BatchEntriesRefused' });
    await service.close();
    const wrong = createFanOut(await queue([[0]], { SenderFault: true, Code: 'InvalidMessageContents' }), url);
    await expect(wrong.send([job(1, 'g')])).rejects.toMatchObject({ code: 'InvalidMessageContents' });
    expect(service.requests).toHaveLength(1);
  });

  it('may have groups and ids of any spelling and length, kept apart', async () => {
    const names = ['room:with blank', 'room:ä', 'x'.repeat(129), 'x'.repeat(130), `sha256:${'0'.repeat(64)}`];
    await createFanOut(await queue(), url).send(names.map((name) => ({ kind: 'k', group: name, id: name, body: 1 })));
    const sent = batches().flat();
    expect(new Set(sent.map((entry) => entry.MessageGroupId)).size).toBe(names.length);
    for (const { MessageGroupId, MessageDeduplicationId } of sent) {
      expect(MessageGroupId).toMatch(/^[!-~]{1,128}$/);
      expect(MessageDeduplicationId).toBe(MessageGroupId);
      expect(names).not.toContain(MessageGroupId);
    }
  });

  it('are no call when there are none', async () => {
    await createFanOut(await queue(), url).send([]);
    expect(service.requests).toHaveLength(0);
  });
});

describe('a greeting', () => {
  it('looks like what the gateway puts into the lane, behind what the connection has sent', async () => {
    const clock = { upFor: () => 0, now: () => branded<EpochMs>(1_790_000_000_000), wait: async () => {} };
    const ids = { ...systemIds, uuid: () => 'request-1' };
    await createLane(await queue(), url, clock, ids).greet(branded<ConnectionId>('L0SM9cOFvHcCIhw='));
    const [entry] = batches().flat();
    expect(entry).toMatchObject({
      MessageBody: '-',
      MessageGroupId: 'L0SM9cOFvHcCIhw=',
      MessageDeduplicationId: 'request-1',
    });
    const context = new URLSearchParams(entry?.MessageAttributes?.context?.StringValue);
    expect(Object.fromEntries(context)).toEqual({
      connectionId: 'L0SM9cOFvHcCIhw=',
      requestId: 'request-1',
      routeKey: 'greeting',
      eventType: 'GREETING',
      requestTimeEpoch: '1790000000000',
    });
  });
});
