import { concurrently } from '../core/concurrently.ts';
import type { ConnectionId } from '../core/names.ts';
import type { Gateway, Log } from '../core/ports.ts';
import { AwsError, isPassing, isPassingRefusal } from './aws-error.ts';
import type { AwsClient, AwsRequest } from './aws-request.ts';
import { percentEncoded, sha256Hex } from './aws-signature.ts';

/** Posts under way at once: a post takes some 10 ms, nearly all of it waiting. */
const postsAtOnce = 100;

/**
 * The `Gateway` port over API Gateway's `@connections`. A frame is hashed once, however many it
 * goes to. A post whose answer got lost is not repeated: a frame may be missed, never doubled by us.
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
      // Too large, not permitted, malformed: the fault is ours. Said once per broadcast, not once per recipient.
      for (const error of refusals.values())
        log.error('post refused', error, { recipients: to.length, bytes: Buffer.byteLength(frame) });
      return { gone, failed, ...(slow.length > 0 ? { slow } : {}) };
    },

    /** API Gateway closes with its own code, 1000: clients learn why from what was posted before. */
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
