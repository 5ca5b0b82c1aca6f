import { type AwsClient, callJson } from './aws-request.ts';
import type { Pauses } from './back-off.ts';
import { type Meter, meterAnswer } from './dynamodb-meter.ts';

/** DynamoDB's operations as they are; what items look like and which operation means what is the table's matter. */
export interface DynamoDb {
  /** @throws AwsError after retries of what passes */
  call(operation: string, input: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  /** For retries of what DynamoDB answers in part. */
  readonly pauses: Pauses;
  readonly meter: Meter | undefined;
}

const protocol = { version: '1.0', prefix: 'DynamoDB_20120810' } as const;

/** With a `meter` every call asks for, and tells, the capacity it consumed. */
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
