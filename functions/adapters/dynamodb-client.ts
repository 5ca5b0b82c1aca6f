import { type AwsClient, callJson } from './aws-request.ts';
import type { Pauses } from './back-off.ts';
import { type Meter, meterAnswer } from './dynamodb-meter.ts';

/** DynamoDB's raw operations. The `Table` port translates items and the meaning of operations. */
export interface DynamoDb {
  /** @throws AwsError after retrying temporary errors */
  call(operation: string, input: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  /** For retries of partial answers. */
  readonly pauses: Pauses;
  readonly meter: Meter | undefined;
}

const protocol = { version: '1.0', prefix: 'DynamoDB_20120810' } as const;

/** With a `meter`, every call requests its consumed capacity and reports it. */
export function createDynamoDb(client: AwsClient, meter?: Meter): DynamoDb {
  return {
    pauses: client.settings.pauses,
    meter,
    async call(operation, input) {
      if (!meter) return await callJson(client, protocol, operation, input);
      const answer = await callJson(client, protocol, operation, { ...input, ReturnConsumedCapacity: 'TOTAL' });
      meterAnswer(meter, operation, answer);
      return answer;
    },
  };
}
