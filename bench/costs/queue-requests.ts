import type { Job } from '../../functions/core/ports.ts';
import { meteredQueueBytes } from '../prices.ts';

/**
 * SQS requests for messages on their way through a FIFO queue: sending, receiving and deleting. Up to ten messages share a
 * call; sent together they must be of different groups, as our adapter has it.
 */

const messagesPerCall = 10;

/** Jobs as they share calls: each run has one message of a group at most. */
export function batched(jobs: readonly Job[]): Job[][] {
  const batches: Job[][] = [];
  for (const job of jobs) {
    const open = batches.at(-1);
    const fits = open && open.length < messagesPerCall && open.every((one) => one.group !== job.group);
    if (fits) open.push(job);
    else batches.push([job]);
  }
  return batches;
}

/** Requests for sending and for receiving such a batch, each billed by size. */
export function payloadRequests(batch: readonly Job[]): number {
  const bytes = batch.reduce((sum, job) => sum + Buffer.byteLength(JSON.stringify(job.body)), 0);
  return Math.max(1, Math.ceil(bytes / meteredQueueBytes));
}
