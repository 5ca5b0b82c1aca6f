import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV } from '../functions/core/env.ts';
import type { CapabilityFunction } from './capability-function.ts';
import { FifoQueue } from './fifo-queue.ts';
import type { Monitoring } from './monitoring.ts';

export interface FanOutProps {
  /** Posts the frames. */
  readonly consumer: CapabilityFunction;
  readonly monitoring: Monitoring;
}

/** Frames for more recipients than one invocation should post to, windows of coalesced presence, sockets to close. */
export class FanOut extends Construct {
  readonly #fifo: FifoQueue;

  constructor(scope: Construct, id: string, props: FanOutProps) {
    super(scope, id);
    this.#fifo = new FifoQueue(this, 'Fifo', {
      name: 'fan-out',
      consumer: props.consumer,
      of: 'A job of the fan-out',
      slowFrom: Duration.seconds(30),
      monitoring: props.monitoring,
    });
  }

  /** Lets `fn` queue jobs, and tells it the queue. */
  grantSend(fn: CapabilityFunction): void {
    fn.allow(['sqs:SendMessage'], [this.#fifo.queue.queueArn]);
    fn.tell(ENV.fanOutUrl, this.#fifo.queue.queueUrl);
  }
}
