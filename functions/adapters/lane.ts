import type { Clock, Ids, Lane } from '../core/ports.ts';
import type { AwsClient } from './aws-request.ts';
import { sendMessages } from './sqs.ts';

/**
 * The `Lane` port: puts messages among those that API Gateway puts there, in exactly its request template's form, so that
 * the lane's function reads one form only. What a template takes from the event stands form-encoded in the attribute
 * `context`; a body may not be empty, `-` stands for none.
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
