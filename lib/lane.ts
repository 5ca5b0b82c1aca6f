import { PassthroughBehavior, type WebSocketRouteIntegration } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketAwsIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Aws, Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV } from '../functions/core/env.ts';
import type { CapabilityFunction } from './capability-function.ts';
import { FifoQueue } from './fifo-queue.ts';
import { disconnectTemplate, frameTemplate } from './lane-template.ts';
import type { Monitoring } from './monitoring.ts';

export interface LaneProps {
  /** Takes a connection's frames out of the lane, one at a time. */
  readonly consumer: CapabilityFunction;
  readonly monitoring: Monitoring;
}

/**
 * The lane keeps the order of frames. Lambda processes frames of one socket in parallel; those of the lane go from the
 * gateway directly into a FIFO queue, grouped by connection. `$disconnect` comes last.
 */
export class Lane extends Construct {
  /** Where the routes of ordered types lead. */
  readonly frames: WebSocketRouteIntegration;
  /** Where `$disconnect` leads. */
  readonly disconnects: WebSocketRouteIntegration;
  readonly #fifo: FifoQueue;

  constructor(scope: Construct, id: string, props: LaneProps) {
    super(scope, id);
    this.#fifo = new FifoQueue(this, 'Fifo', {
      name: 'lane',
      consumer: props.consumer,
      of: 'A frame of the lane',
      slowFrom: Duration.seconds(30),
      monitoring: props.monitoring,
    });
    const gateway = new Role(this, 'GatewayRole', {
      description: 'API Gateway puts frames into the lane',
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
    });
    gateway.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.#fifo.queue.queueArn] }));
    this.frames = this.#integration('Frames', gateway, frameTemplate);
    this.disconnects = this.#integration('Disconnects', gateway, disconnectTemplate);
  }

  /** Lets `fn` queue a greeting behind the frames that a connection has sent so far, and tells it the queue. */
  grantGreet(fn: CapabilityFunction): void {
    fn.allow(['sqs:SendMessage'], [this.#fifo.queue.queueArn]);
    fn.tell(ENV.laneUrl, this.#fifo.queue.queueUrl);
  }

  #integration(id: string, credentialsRole: Role, template: string): WebSocketRouteIntegration {
    const queue = `path/${Aws.ACCOUNT_ID}/${this.#fifo.queue.queueName}`;
    return new WebSocketAwsIntegration(id, {
      integrationUri: `arn:${Aws.PARTITION}:apigateway:${Aws.REGION}:sqs:${queue}`,
      integrationMethod: 'POST',
      credentialsRole,
      passthroughBehavior: PassthroughBehavior.NEVER,
      requestParameters: { 'integration.request.header.Content-Type': "'application/x-www-form-urlencoded'" },
      requestTemplates: { $default: template },
      templateSelectionExpression: '\\$default',
    });
  }
}
