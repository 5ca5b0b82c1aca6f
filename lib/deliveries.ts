import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV } from '../functions/core/env.ts';
import type { CapabilityFunction } from './capability-function.ts';
import { FifoQueue } from './fifo-queue.ts';
import type { Monitoring } from './monitoring.ts';

export interface DeliveriesProps {
  /** Tells. */
  readonly consumer: CapabilityFunction;
  readonly monitoring: Monitoring;
}

/**
 * What webhooks of instances are to be told, in order for each key of each webhook. What a receiver does not take leaves the
 * queue and is tried again over a day; dead letters are what failed on our side.
 */
export class Deliveries extends Construct {
  readonly #fifo: FifoQueue;

  constructor(scope: Construct, id: string, props: DeliveriesProps) {
    super(scope, id);
    this.#fifo = new FifoQueue(this, 'Fifo', {
      name: 'deliveries',
      consumer: props.consumer,
      of: 'What a webhook was to be told',
      // Each may take ten seconds.
      batchSize: 2,
      slowFrom: Duration.minutes(10),
      monitoring: props.monitoring,
    });
  }

  /** Lets `fn` have webhooks told, and tells it where. */
  grantSend(fn: CapabilityFunction): void {
    fn.allow(['sqs:SendMessage'], [this.#fifo.queue.queueArn]);
    fn.tell(ENV.deliveriesUrl, this.#fifo.queue.queueUrl);
  }
}
