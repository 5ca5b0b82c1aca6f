import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi as Api,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
  type ThrottleSettings,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { CapabilityFunction } from './capability-function.ts';
import type { Monitoring } from './monitoring.ts';
import type { ExactRoute } from './routes.ts';

export interface HttpApiProps {
  /** Answers everything that has no route of its own, unknown paths and OPTIONS included. */
  readonly light: CapabilityFunction;
  /** Operations that live in another function. */
  readonly exactRoutes: readonly ExactRoute[];
  /** Those functions by the name that contracts give them. */
  readonly functions: Readonly<Record<string, CapabilityFunction>>;
  readonly monitoring: Monitoring;
  /** @default - the account's limits */
  readonly throttle?: ThrottleSettings;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
}

/**
 * The HTTP API. It has no CORS configuration, because that would drop the functions' own headers, which differ by
 * family of paths.
 */
export class HttpApi extends Construct {
  readonly api: Api;
  /** `https://…`, without a slash at the end. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id);
    this.api = new Api(this, 'Api', {
      description: 'Chorus: HTTP',
      createDefaultStage: false,
      defaultIntegration: new HttpLambdaIntegration('Light', props.light.lambda),
    });
    const integrations = new Map<string, HttpLambdaIntegration>();
    for (const { method, path, runsIn } of props.exactRoutes) {
      const fn = props.functions[runsIn];
      if (fn === undefined)
        throw new Error(`Chorus: ${method} ${path} runs in "${runsIn}", which is no function of this stack.`);
      const integration = integrations.get(runsIn) ?? new HttpLambdaIntegration(runsIn, fn.lambda);
      integrations.set(runsIn, integration);
      this.api.addRoutes({ path, methods: [HttpMethod[method]], integration });
    }
    this.url = this.api.apiEndpoint;
    const logs = new LogGroup(this, 'AccessLogs', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: props.throttle,
      accessLogSettings: { destination: new LogGroupLogDestination(logs), format: ACCESS_LOG },
    });
    acknowledge(
      this,
      'APIG4',
      'The functions check who is calling, in every form of credential the clients have, on every operation.',
    );
    this.#watch(props.monitoring);
  }

  #watch(monitoring: Monitoring): void {
    const period = Duration.minutes(5);
    monitoring.watch(this, 'ErrorAlarm', {
      metric: this.api.metricServerError({ period, statistic: 'sum' }),
      threshold: 5,
      means: 'Requests were answered with 5xx.',
      runbook: 'http-errors',
    });
    monitoring.chart(
      { title: 'HTTP requests', metrics: [this.api.metricCount({ period })] },
      {
        title: 'HTTP errors',
        metrics: [this.api.metricClientError({ period }), this.api.metricServerError({ period })],
      },
      {
        title: 'HTTP latency',
        metrics: ['p50', 'p99'].map((statistic) => this.api.metricLatency({ period, statistic })),
      },
    );
  }
}

/** Neither query nor headers: they may carry credentials. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    time: AccessLogField.contextRequestTimeEpoch(),
    requestId: AccessLogField.contextRequestId(),
    method: AccessLogField.contextHttpMethod(),
    path: AccessLogField.contextPath(),
    route: '$context.routeKey',
    status: AccessLogField.contextStatus(),
    latencyMs: AccessLogField.contextResponseLatency(),
    bytes: AccessLogField.contextResponseLength(),
    ip: AccessLogField.contextIdentitySourceIp(),
    error: '$context.integrationErrorMessage',
  }),
);
