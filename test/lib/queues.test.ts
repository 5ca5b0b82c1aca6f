import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Deployment, deploymentOf, flat, resource, resourcesOf } from './deployment.ts';

let deployed: Deployment;
beforeAll(() => {
  deployed = deploymentOf();
});

const QUEUE = 'AWS::SQS::Queue';
const SOURCE = 'AWS::Lambda::EventSourceMapping';

describe.each([
  { part: 'Lane', name: 'lane', consumer: 'Ordered', batch: 10 },
  { part: 'FanOut', name: 'fan-out', consumer: 'Poster', batch: 10 },
  { part: 'Deliveries', name: 'deliveries', consumer: 'Webhooks', batch: 2 },
])('the $name queue', ({ part, name, consumer, batch }) => {
  const queue = () => resource(deployed.chorus, QUEUE, `${part}FifoQueue`).Properties;

  it('keeps order within a group, and lets groups pass each other', () => {
    expect(queue()).toMatchObject({
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    });
    expect(flat(queue().QueueName)).toBe(`AWS::StackName-${name}.fifo`);
  });

  it('gives a message to the dead letters after five tries', () => {
    const { deadLetterTargetArn, maxReceiveCount } = queue().RedrivePolicy;
    expect(maxReceiveCount).toBe(5);
    const dead = resource(deployed.chorus, QUEUE, `${part}FifoDeadLetters`).Properties;
    expect(flat(deadLetterTargetArn)).toContain(`${part}FifoDeadLetters`);
    expect(dead).toMatchObject({ FifoQueue: true, MessageRetentionPeriod: 14 * 24 * 3600 });
  });

  it('hides a message for six times as long as its function may take', () => {
    const { Timeout } = resource(deployed.chorus, 'AWS::Lambda::Function', `${consumer}Function`).Properties;
    expect(queue().VisibilityTimeout).toBe(6 * Timeout);
  });

  it(`is read in batches of ${batch}, of which single messages may come back`, () => {
    const mapping = resource(deployed.chorus, SOURCE, part).Properties;
    expect(mapping).toMatchObject({ BatchSize: batch, FunctionResponseTypes: ['ReportBatchItemFailures'] });
    expect(flat(mapping.FunctionName)).toContain(consumer);
  });
});

describe('the lane', () => {
  it('is worked off by the sockets bundle, ten seconds at most', () => {
    const ordered = resource(deployed.chorus, 'AWS::Lambda::Function', 'Ordered').Properties;
    const sockets = resource(deployed.chorus, 'AWS::Lambda::Function', 'Sockets').Properties;
    expect(ordered).toMatchObject({ Handler: 'index.lane', Timeout: 10 });
    expect(ordered.Code).toEqual(sockets.Code);
  });
});

describe('the queue of reminders', () => {
  const queue = () => resource(deployed.chorus, QUEUE, 'RemindersQueue').Properties;

  it('can hold back single messages, which a FIFO queue cannot, and is worked off by the poster', () => {
    expect(queue().FifoQueue).toBeUndefined();
    const { Timeout } = resource(deployed.chorus, 'AWS::Lambda::Function', 'PosterFunction').Properties;
    expect(queue().VisibilityTimeout).toBe(6 * Timeout);
    const mapping = resource(deployed.chorus, SOURCE, 'Reminders').Properties;
    expect(mapping).toMatchObject({ BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] });
    expect(flat(mapping.FunctionName)).toContain('Poster');
  });

  it('gives a message to the dead letters after five tries', () => {
    expect(queue().RedrivePolicy.maxReceiveCount).toBe(5);
    expect(flat(queue().RedrivePolicy.deadLetterTargetArn)).toContain('RemindersDeadLetters');
  });
});

describe('every queue', () => {
  it('is encrypted, on its way too', () => {
    const queues = resourcesOf(deployed.chorus, QUEUE);
    for (const { Properties } of Object.values(queues)) expect(Properties.SqsManagedSseEnabled).toBe(true);
    const protectedQueues = Object.values(resourcesOf(deployed.chorus, 'AWS::SQS::QueuePolicy')).flatMap(
      ({ Properties }) => {
        expect(Properties.PolicyDocument.Statement).toContainEqual(
          expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        );
        return Properties.Queues.map(flat);
      },
    );
    expect(protectedQueues.sort()).toEqual(Object.keys(queues).sort());
  });
});

describe('the stream of the table', () => {
  const mapping = () => resource(deployed.chorus, SOURCE, 'TableStream').Properties;

  it('is not held up by a record that fails: it is cut out, tried five times and reported', () => {
    expect(mapping()).toMatchObject({
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      StartingPosition: 'TRIM_HORIZON',
    });
    expect(flat(mapping().DestinationConfig.OnFailure.Destination)).toContain('TableStreamDeadLetters');
  });

  it('wakes the function only for items that something is derived from, or that somebody outside is told of', () => {
    const patterns = mapping().FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern));
    expect(patterns).toEqual([
      { dynamodb: { NewImage: { derives: { S: [{ exists: true }] } } } },
      { dynamodb: { OldImage: { derives: { S: [{ exists: true }] } } } },
      { dynamodb: { NewImage: { hooked: { BOOL: [true] } } } },
    ]);
  });
});

describe('the schedule', () => {
  it('starts the sweeper every minute', () => {
    deployed.chorus.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
    });
    const [target] = resource(deployed.chorus, 'AWS::Events::Rule', 'Sweep').Properties.Targets;
    expect(JSON.parse(target.Input)).toEqual({ job: 'sweep' });
    expect(flat(target.Arn)).toContain('FunctionsJobs');
  });
});
