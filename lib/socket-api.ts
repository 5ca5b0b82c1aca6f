import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  LogGroupLogDestination,
  type ThrottleSettings,
  WebSocketApi,
  WebSocketStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV } from '../functions/core/env.ts';
import { acknowledge, acknowledgeWildcard } from './acknowledge.ts';
import type { CapabilityFunction } from './capability-function.ts';
import { routeFrames } from './frames-of-own.ts';
import type { Lane } from './lane.ts';
import type { Monitoring } from './monitoring.ts';

export interface SocketApiProps {
  /** Answers `$connect` and every frame that neither takes the lane nor has a function of its own. */
  readonly sockets: CapabilityFunction;
  readonly lane: Lane;
  /** Frames of these types take the lane. */
  readonly orderedTypes: readonly string[];
  /** Answers frames of the types that are its own. */
  readonly store: CapabilityFunction;
  readonly storeTypes: readonly string[];
  readonly monitoring: Monitoring;
  /** @default - the account's limits */
  readonly throttle?: ThrottleSettings;
  /** @default false */
  readonly accessLogs?: boolean;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
}

/**
 * The WebSocket API of all dialects. The gateway routes a frame by its `type`; all without a route go to `$default`.
 */
export class SocketApi extends Construct {
  readonly api: WebSocketApi;
  readonly stage: WebSocketStage;
  /** The URL for clients if there is no edge: `wss://…/<stage>`. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: SocketApiProps) {
    super(scope, id);
    const { sockets, store, lane } = props;
    this.api = new WebSocketApi(this, 'Api', {
      description: 'Chorus: sockets of all dialects',
      routeSelectionExpression: '$request.body.type',
      connectRouteOptions: { integration: new WebSocketLambdaIntegration('Handshakes', sockets.lambda) },
      defaultRouteOptions: { integration: new WebSocketLambdaIntegration('DirectFrames', sockets.lambda) },
      disconnectRouteOptions: { integration: lane.disconnects },
    });
    for (const type of props.orderedTypes) this.api.addRoute(type, { integration: lane.frames });
    routeFrames(this.api, props.storeTypes, store);
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: 'socket',
      autoDeploy: true,
      throttle: props.throttle,
      accessLogSettings: props.accessLogs === true ? this.#accessLogs(props.logRetention) : undefined,
    });
    this.url = this.stage.url;
    acknowledge(
      this,
      'APIG4',
      'The function of $connect checks who is calling, in every form of credential the clients have.',
    );
    if (props.accessLogs !== true) {
      acknowledge(
        this,
        'APIG1',
        'Access logs of a WebSocket API need a role in the settings of the whole account, which no stack may take for itself; socketAccessLogs turns them on.',
      );
    }
    this.#watch(props.monitoring);
  }

  /** Lets `fn` post to open sockets and close them, and tells it the endpoint. */
  grantPosting(fn: CapabilityFunction): void {
    const connections = ['POST', 'DELETE'].map((method) =>
      Stack.of(this).formatArn({
        service: 'execute-api',
        resource: this.api.apiId,
        resourceName: `${this.stage.stageName}/${method}/@connections/*`,
      }),
    );
    fn.allow(['execute-api:ManageConnections'], connections);
    fn.tell(ENV.socketEndpoint, this.stage.callbackUrl);
    for (const resource of connections) {
      acknowledgeWildcard(
        fn,
        resource,
        'Connections come and go: they can only be named all at once, those of this one stage.',
      );
    }
  }

  #accessLogs(retention: RetentionDays = RetentionDays.ONE_MONTH) {
    const logs = new LogGroup(this, 'AccessLogs', { retention, removalPolicy: RemovalPolicy.DESTROY });
    return {
      destination: new LogGroupLogDestination(logs),
      format: AccessLogFormat.custom(
        JSON.stringify({
          time: AccessLogField.contextRequestTimeEpoch(),
          requestId: AccessLogField.contextRequestId(),
          connectionId: '$context.connectionId',
          event: '$context.eventType',
          route: '$context.routeKey',
          status: AccessLogField.contextStatus(),
          error: '$context.integrationErrorMessage',
          ip: AccessLogField.contextIdentitySourceIp(),
        }),
      ),
    };
  }

  #watch(monitoring: Monitoring): void {
    const metric = (metricName: string) =>
      new Metric({
        namespace: 'AWS/ApiGateway',
        metricName,
        dimensionsMap: { ApiId: this.api.apiId, Stage: this.stage.stageName },
        statistic: 'sum',
        period: Duration.minutes(5),
      });
    monitoring.watch(this, 'ErrorAlarm', {
      metric: metric('IntegrationError'),
      threshold: 5,
      means: 'Frames or handshakes failed behind the WebSocket API.',
      runbook: 'socket-errors',
    });
    monitoring.chart(
      { title: 'Sockets opened', metrics: [metric('ConnectCount')] },
      { title: 'Frames in and out', metrics: [metric('MessageCount')] },
      {
        title: 'Socket errors',
        metrics: [metric('IntegrationError'), metric('ExecutionError'), metric('ClientError')],
      },
    );
  }
}
