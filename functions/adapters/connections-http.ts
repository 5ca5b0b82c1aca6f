import { concurrently } from '../core/concurrently.ts';
import type { ConnectionId } from '../core/names.ts';
import type { Gateway, Log } from '../core/ports.ts';
import { AwsError, isPassing, isPassingRefusal } from './aws-error.ts';
import type { AwsClient, AwsRequest } from './aws-request.ts';
import { percentEncoded, sha256Hex } from './aws-signature.ts';

/** How many posts run concurrently: a post takes some 10 ms, most of it waiting. */
const postsAtOnce = 100;

/**
 * The `Gateway` port over API Gateway's `@connections`. A frame is hashed once for all recipients. A post whose answer
 * was lost is not retried: a client may miss a frame, but we never send it twice.
 */
export function createHttpGateway(client: AwsClient, log: Log): Gateway {
  return {
    async post(to, frame) {
      const bodyHash = sha256Hex(frame);
      const gone: ConnectionId[] = [];
      const failed: ConnectionId[] = [];
      const slow: ConnectionId[] = [];
      const refusals = new Map<string, AwsError>();
      await concurrently(postsAtOnce, to, async (connection) => {
        try {
          await client.send({ ...toConnection('PostToConnection', 'POST', connection), body: frame, bodyHash });
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          if (isGone(error)) {
            gone.push(connection);
            return;
          }
          failed.push(connection);
          if (isPassingRefusal(error) && !error.doubtful) slow.push(connection);
          if (!isPassing(error)) refusals.set(error.code, error);
        }
      });
      // Too large, not permitted or malformed: our own bug. Logged once per broadcast, not per recipient.
      for (const error of refusals.values())
        log.error('post refused', error, { recipients: to.length, bytes: Buffer.byteLength(frame) });
      return { gone, failed, ...(slow.length > 0 ? { slow } : {}) };
    },

    /** API Gateway always closes with code 1000: clients learn the reason from an earlier frame. */
    async close(connection) {
      try {
        await client.send({ ...toConnection('DeleteConnection', 'DELETE', connection), body: '' });
      } catch (error) {
        if (!(error instanceof AwsError && isGone(error))) throw error;
      }
    },
  };
}

function toConnection(operation: string, method: 'POST' | 'DELETE', connection: ConnectionId) {
  const path = `/@connections/${percentEncoded(connection)}`;
  const headers = { 'content-type': 'application/octet-stream' };
  return { operation, method, path, headers, repeatable: method === 'DELETE' } satisfies Partial<AwsRequest>;
}

function isGone(error: AwsError): boolean {
  return error.status === 410;
}
