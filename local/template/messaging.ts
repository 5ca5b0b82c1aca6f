import type { EventSourcePart, QueuePart, SchedulePart } from '../parts.ts';
import { functionIdIn } from './functions.ts';
import { isTrue, type JsonObject, listOf, numberOr, objectOf, optionalNumber, optionalText } from './json.ts';
import type { Resolver } from './resolver.ts';

export function readQueues(resolver: Resolver): readonly QueuePart[] {
  return resolver.of('AWS::SQS::Queue').map((resource) => {
    const properties = objectOf(resolver.lenient(resource, resource.properties));
    const redrive = objectOf(properties.RedrivePolicy);
    const deadLetterArn = optionalText(redrive.deadLetterTargetArn);
    return {
      id: resource.id,
      name: resolver.attribute(resource, 'QueueName'),
      arn: resolver.attribute(resource, 'Arn'),
      url: resolver.ref(resource),
      fifo: isTrue(properties.FifoQueue),
      visibilitySeconds: numberOr(properties.VisibilityTimeout, 30),
      contentBasedDeduplication: isTrue(properties.ContentBasedDeduplication),
      ...(deadLetterArn === undefined
        ? {}
        : { deadLetter: { arn: deadLetterArn, maxReceiveCount: numberOr(redrive.maxReceiveCount, 10) } }),
    };
  });
}

/** Mappings of queues and table streams to functions. @throws Error for a source of another kind */
export function readEventSources(resolver: Resolver): readonly EventSourcePart[] {
  return resolver.of('AWS::Lambda::EventSourceMapping').flatMap((resource) => {
    const properties = objectOf(resolver.lenient(resource, resource.properties));
    if (properties.Enabled !== undefined && !isTrue(properties.Enabled)) return [];
    const sourceArn = String(properties.EventSourceArn);
    const kind = kindOf(sourceArn);
    if (kind === undefined) throw new Error(`${resource.id} reads ${sourceArn}, which the local runtime cannot.`);
    // The function is referred to by name, ARN or alias; the name is the id.
    const functionId = functionIdIn(properties.FunctionName) ?? String(properties.FunctionName);
    return [{ id: resource.id, functionId, sourceArn, kind, ...batching(kind, properties) }];
  });
}

function kindOf(sourceArn: string): EventSourcePart['kind'] | undefined {
  if (sourceArn.startsWith('arn:aws:sqs:')) return 'sqs';
  if (sourceArn.startsWith('arn:aws:dynamodb:')) return 'stream';
  return undefined;
}

function batching(
  kind: EventSourcePart['kind'],
  properties: JsonObject,
): Omit<EventSourcePart, 'id' | 'functionId' | 'sourceArn' | 'kind'> {
  const maximumConcurrency = optionalNumber(objectOf(properties.ScalingConfig).MaximumConcurrency);
  const retries = optionalNumber(properties.MaximumRetryAttempts);
  const deadLetterArn = optionalText(objectOf(objectOf(properties.DestinationConfig).OnFailure).Destination);
  return {
    batchSize: numberOr(properties.BatchSize, kind === 'sqs' ? 10 : 100),
    batchWindowSeconds: numberOr(properties.MaximumBatchingWindowInSeconds, 0),
    reportsItemFailures: listOf(properties.FunctionResponseTypes).includes('ReportBatchItemFailures'),
    ...(maximumConcurrency === undefined ? {} : { maximumConcurrency }),
    // -1 is CloudFormation's value for "as long as the stream keeps the record".
    ...(retries === undefined || retries < 0 ? {} : { maximumRetries: retries }),
    bisect: isTrue(properties.BisectBatchOnFunctionError),
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    filters: listOf(objectOf(properties.FilterCriteria).Filters).map((filter): unknown =>
      JSON.parse(String(objectOf(filter).Pattern)),
    ),
  };
}

/** EventBridge rules and schedules that call functions. @throws Error for an expression other than a rate */
export function readSchedules(resolver: Resolver): readonly SchedulePart[] {
  const rules = resolver.of('AWS::Events::Rule').flatMap((resource) => {
    const properties = objectOf(resolver.lenient(resource, resource.properties));
    return listOf(properties.Targets).map((target) => ({ id: resource.id, properties, target: objectOf(target) }));
  });
  const schedules = resolver.of('AWS::Scheduler::Schedule').map((resource) => {
    const properties = objectOf(resolver.lenient(resource, resource.properties));
    return { id: resource.id, properties, target: objectOf(properties.Target) };
  });
  return [...rules, ...schedules].flatMap(({ id, properties, target }) => {
    const expression = optionalText(properties.ScheduleExpression);
    if (expression === undefined) return [];
    const functionId = functionIdIn(target.Arn);
    if (functionId === undefined) throw new Error(`The schedule ${id} calls no function: ${String(target.Arn)}.`);
    const everyMs = properties.State === 'DISABLED' ? undefined : periodMs(id, expression);
    return [{ id, functionId, everyMs, input: inputOf(target.Input) }];
  });
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function periodMs(id: string, expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const unitMs = UNIT_MS[unit ?? ''];
  if (unitMs === undefined) {
    throw new Error(`The schedule ${id} has the expression ${expression}; the local runtime knows rate(...) only.`);
  }
  return Number(count) * unitMs;
}

function inputOf(input: unknown): JsonObject | undefined {
  return typeof input === 'string' ? objectOf(JSON.parse(input)) : undefined;
}
