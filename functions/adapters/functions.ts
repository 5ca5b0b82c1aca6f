import type { Callee, Worker } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import type { Functions } from '../core/ports.ts';
import { AwsError } from './aws-error.ts';
import type { AwsClient } from './aws-request.ts';

/**
 * The `Functions` port over Lambda's `Invoke`.
 * @param nameOf the deployed name of one of our functions
 */
export function createFunctions(client: AwsClient, nameOf: (callee: Callee | Worker) => string): Functions {
  /** `Event` only queues the event. It may be retried, because the port promises "at least once". */
  const send = (callee: Callee | Worker, event: object, type: 'RequestResponse' | 'Event') => {
    const path = `/2015-03-31/functions/${encodeURIComponent(nameOf(callee))}/invocations`;
    const headers = { 'content-type': 'application/json', 'x-amz-invocation-type': type };
    const body = JSON.stringify(event);
    return client
      .send({ operation: 'Invoke', method: 'POST', path, headers, body, repeatable: type === 'Event' })
      .catch(refusing(callee));
  };
  return {
    async start(callee, event) {
      await send(callee, event, 'Event');
    },
    async invoke(callee, event) {
      const { headers: about, body: payload } = await send(callee, event, 'RequestResponse');
      if (about['x-amz-function-error'] !== undefined) {
        throw new Error(`The function ${callee} failed: ${payload.slice(0, 1_000)}`);
      }
      return payload === '' ? null : JSON.parse(payload);
    },
  };
}

/** A body that the gateway accepted may be too large inside an event, where each quotation mark takes two bytes. */
function refusing(callee: Callee | Worker): (error: unknown) => never {
  return (error) => {
    if (error instanceof AwsError && error.status === 413) {
      throw new Failure('too_large', `The request is too large for the function ${callee}.`);
    }
    throw error;
  };
}
