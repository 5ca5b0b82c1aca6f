import { packJob } from '../core/job-text.ts';
import type { FanOut } from '../core/ports.ts';
import type { AwsClient } from './aws-request.ts';
import { sendMessages } from './sqs.ts';

/** The `FanOut` port over its FIFO queue; a message's body is `{kind, group, body}` as a packed job. */
export function createFanOut(client: AwsClient, queueUrl: string): FanOut {
  return {
    send: (jobs) =>
      sendMessages(
        client,
        queueUrl,
        jobs.map(({ kind, group, id, body }) => ({ group, id, body: packJob({ kind, group, body }) })),
      ),
  };
}
