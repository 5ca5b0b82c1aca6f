import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { CapabilityFunction } from './capability-function.ts';
import type { Monitoring, Watch } from './monitoring.ts';

const period = Duration.minutes(5);

/**
 * Errors and throttles of all functions: one alarm each for the sum, because each alarm costs money, and a chart by
 * function.
 */
export function watchFunctions(
  scope: Construct,
  monitoring: Monitoring,
  functions: readonly CapabilityFunction[],
): void {
  const lambdas = functions.map(({ lambda }) => lambda);
  const of = (metric: 'metricErrors' | 'metricThrottles' | 'metricInvocations') =>
    lambdas.map((lambda) => lambda[metric]({ period, statistic: 'sum' }));
  watchSum(scope, monitoring, 'FunctionErrorAlarm', of('metricErrors'), {
    label: 'Function errors',
    threshold: 5,
    means: 'Functions crashed or ran out of time.',
    runbook: 'function-errors',
  });
  watchSum(scope, monitoring, 'FunctionThrottleAlarm', of('metricThrottles'), {
    label: 'Function throttles',
    threshold: 1,
    means: 'Lambda refused to start functions: the account has too few at once.',
    runbook: 'function-throttles',
  });
  monitoring.chart(
    { title: 'Invocations', metrics: of('metricInvocations') },
    { title: 'Function errors and throttles', metrics: [...of('metricErrors'), ...of('metricThrottles')] },
    {
      title: 'Function duration (p99)',
      metrics: lambdas.map((lambda) => lambda.metricDuration({ period, statistic: 'p99' })),
    },
  );
}

/** Requests that the tables throttled because a partition was too hot. */
export function watchTables(scope: Construct, monitoring: Monitoring, tables: readonly ITableV2[]): void {
  // Not the tables' own metrics: metrics from another stack name its account, as if the alarm were cross-account.
  const of = (metricName: string) =>
    tables.map(
      ({ tableName }) =>
        new Metric({
          namespace: 'AWS/DynamoDB',
          metricName,
          dimensionsMap: { TableName: tableName },
          statistic: 'sum',
          period,
        }),
    );
  const throttles = [...of('ReadThrottleEvents'), ...of('WriteThrottleEvents')];
  monitoring.watch(scope, 'TableThrottleAlarm', {
    metric: sum('Table throttles', throttles),
    threshold: 10,
    means: 'DynamoDB refused requests.',
    runbook: 'table-throttles',
  });
  monitoring.chart(
    { title: 'Reads', metrics: of('ConsumedReadCapacityUnits') },
    { title: 'Writes', metrics: of('ConsumedWriteCapacityUnits') },
    { title: 'Refused', metrics: throttles },
  );
}

/** CloudWatch's limit of metrics that an alarm can sum. */
const mostSummed = 10;

/** One alarm for the sum of all, or several if there are too many metrics for one. */
function watchSum(
  scope: Construct,
  monitoring: Monitoring,
  id: string,
  metrics: readonly IMetric[],
  { label, ...watch }: Omit<Watch, 'metric'> & { readonly label: string },
): void {
  for (let from = 0; from < metrics.length; from += mostSummed) {
    const group = from / mostSummed;
    const metric = sum(label, metrics.slice(from, from + mostSummed));
    monitoring.watch(scope, group === 0 ? id : `${id}${group + 1}`, { ...watch, metric });
  }
}

function sum(label: string, metrics: readonly IMetric[]): IMetric {
  return new MathExpression({
    label,
    period,
    expression: metrics.map((_, index) => `m${index}`).join(' + '),
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric])),
  });
}
