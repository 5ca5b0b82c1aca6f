import type { Clock } from '../clock.ts';
import type { Access, ServiceRequest, ServiceResponse } from '../parts.ts';
import { admit } from '../service-access.ts';
import { type JsonObject, objectOf } from '../template/json.ts';
import { QueueFailure } from './check.ts';
import { queueOperations } from './operations.ts';
import type { Queue } from './queue.ts';

/** Answers one request of the SQS JSON protocol. The last part of its URL names the queue. */
export async function answerQueueRequest(
  queues: ReadonlyMap<string, Queue>,
  access: Access,
  clock: Clock,
  request: ServiceRequest,
): Promise<ServiceResponse> {
  const name = /^AmazonSQS\.(\w+)$/.exec(request.headers['x-amz-target'] ?? '')?.[1] ?? '';
  const operation = queueOperations[name];
  if (!operation) return refusal(400, 'InvalidAction', `The action ${name} is not valid for this endpoint.`);
  try {
    const input = parse(request.body);
    const queueName = String(input.QueueName ?? String(input.QueueUrl).split('/').pop());
    const queue = [...queues.values()].find((each) => each.part.name === queueName);
    const resource = queue?.part.arn ?? `arn:aws:sqs:us-east-1:000000000000:${queueName}`;
    const admission = admit(access, request, [[operation.action, resource]]);
    if (!admission.ok) return refusal(admission.status, admission.code, admission.message);
    if (!queue) throw new QueueFailure('QueueDoesNotExist', 'The specified queue does not exist.');
    return answer(200, await operation.run(queue, input, clock));
  } catch (error) {
    if (error instanceof QueueFailure) return refusal(400, error.code, error.message);
    throw error;
  }
}

function parse(body: Buffer): JsonObject {
  try {
    return objectOf(JSON.parse(body.toString()));
  } catch {
    throw new QueueFailure('SerializationException', 'The request body is no JSON.');
  }
}

function refusal(status: number, code: string, message: string): ServiceResponse {
  return answer(status, { __type: `com.amazonaws.sqs#${code}`, message });
}

function answer(status: number, body: JsonObject): ServiceResponse {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(body) };
}
