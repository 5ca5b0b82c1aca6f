import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV } from '../functions/core/env.ts';
import type { CapabilityFunction } from './capability-function.ts';
import { FifoQueue } from './fifo-queue.ts';
import type { Monitoring } from './monitoring.ts';

export interface DeliveriesProps {
  /** Delivers. */
  readonly consumer: CapabilityFunction;
  readonly monitoring: Monitoring;
}

/**
 * The queue of webhook deliveries, in order for each key of each webhook. A delivery that its receiver refuses leaves
 * the queue and is retried for a day; only failures on our side become dead letters.
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

  /** Lets `fn` queue webhook deliveries, and tells it the queue. */
  grantSend(fn: CapabilityFunction): void {
    fn.allow(['sqs:SendMessage'], [this.#fifo.queue.queueArn]);
    fn.tell(ENV.deliveriesUrl, this.#fifo.queue.queueUrl);
  }
}
