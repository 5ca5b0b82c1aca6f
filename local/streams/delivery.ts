import { randomUUID } from 'node:crypto';
import { readBatchResponse } from '../batch-response.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { EventSourcePart, Invoke } from '../parts.ts';
import type { StreamRecord } from './record.ts';

export interface DeliveryOptions {
  readonly source: EventSourcePart;
  readonly invoke: Invoke;
  readonly clock: Clock;
  readonly log: Log;
  /** Receives the on-failure destination's message about a batch that was given up. */
  readonly giveUp: (report: Readonly<Record<string, unknown>>) => void;
  /** Resolves to `false` if the runtime stops meanwhile. */
  readonly pause: (ms: number) => Promise<boolean>;
}

const firstPauseMs = 200;
const longestPauseMs = 10_000;

/**
 * Delivers records to the function, in order, until they succeed or are given up. A failing batch is retried from its
 * first failed record, in halves if the mapping says so, and given up after the allowed retries. Splitting is no retry.
 * Resolves to `false` if the runtime stopped before the end.
 */
export async function deliver(records: readonly StreamRecord[], options: DeliveryOptions): Promise<boolean> {
  const { source, invoke, clock, log, giveUp, pause } = options;
  let rest = records;
  let retries = 0;
  for (let attempt = 0; rest.length > 0; attempt += 1) {
    const outcome = await invoke(source.functionId, { Records: rest });
    const numbers = rest.map((record) => record.dynamodb.SequenceNumber);
    const verdict = readBatchResponse(outcome, source.reportsItemFailures, new Set(numbers));
    if (!verdict.all && verdict.failed.size === 0) return true;

    // Records are in order, so the first failed one is the lowest, and all before it are done.
    const { failed } = verdict.all ? { failed: new Set(numbers) } : verdict;
    const firstFailed = numbers.findIndex((number) => failed.has(number));
    if (firstFailed > 0) retries = 0;
    rest = rest.slice(firstFailed);
    log(
      'streams',
      `${source.functionId} failed at ${rest.length} records: ${verdict.all ? verdict.why : 'item failures'}`,
    );

    if (source.bisect && rest.length > 1) {
      const middle = Math.ceil(rest.length / 2);
      return (await deliver(rest.slice(0, middle), options)) && (await deliver(rest.slice(middle), options));
    }
    if (source.maximumRetries !== undefined && retries >= source.maximumRetries) {
      giveUp(report(source, rest, attempt + 1, clock.now()));
      return true;
    }
    retries += 1;
    if (!(await pause(Math.min(firstPauseMs * 2 ** (retries - 1), longestPauseMs)))) return false;
  }
  return true;
}

/** Lambda's message to the on-failure destination: the position of the records, not their content. */
function report(
  source: EventSourcePart,
  records: readonly StreamRecord[],
  invokeCount: number,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  const time = (record: StreamRecord | undefined) =>
    new Date((record?.dynamodb.ApproximateCreationDateTime ?? 0) * 1000).toISOString();
  return {
    requestContext: {
      requestId: randomUUID(),
      functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${source.functionId}`,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: invokeCount,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: new Date(nowMs).toISOString(),
    DDBStreamBatchInfo: {
      shardId: 'shardId-00000001',
      startSequenceNumber: records[0]?.dynamodb.SequenceNumber,
      endSequenceNumber: records.at(-1)?.dynamodb.SequenceNumber,
      approximateArrivalOfFirstRecord: time(records[0]),
      approximateArrivalOfLastRecord: time(records.at(-1)),
      batchSize: records.length,
      streamArn: source.sourceArn,
    },
  };
}
