import type { Clock, Ids, Lane } from '../core/ports.ts';
import type { AwsClient } from './aws-request.ts';
import { sendMessages } from './sqs.ts';

/**
 * The `Lane` port: sends messages in exactly the form of API Gateway's request template, so that the lane's function
 * has to read only one form. The event's context variables are form-encoded in the attribute `context`. SQS refuses an
 * empty body, so `-` stands for none.
 */
export function createLane(client: AwsClient, queueUrl: string, clock: Clock, ids: Ids): Lane {
  return {
    async greet(connection) {
      const requestId = ids.uuid();
      const context = new URLSearchParams({
        connectionId: connection,
        requestId,
        routeKey: 'greeting',
        eventType: 'GREETING',
        requestTimeEpoch: String(clock.now()),
      });
      await sendMessages(client, queueUrl, [
        { group: connection, id: requestId, body: '-', attributes: { context: context.toString() } },
      ]);
    },
  };
}
