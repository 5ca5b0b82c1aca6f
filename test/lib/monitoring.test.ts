import { beforeAll, describe, expect, it } from '@jest/globals';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type Deployment, deploymentOf, flat, resourcesOf } from './deployment.ts';

let deployed: Deployment;
beforeAll(() => {
  deployed = deploymentOf({ alarmEmail: 'ops@example.com', logRetention: RetentionDays.THREE_DAYS });
});

const alarms = () =>
  Object.values(resourcesOf(deployed.chorus, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);

describe('alarms', () => {
  it('go off with the first message in any dead-letter queue', () => {
    const dead = Object.keys(resourcesOf(deployed.chorus, 'AWS::SQS::Queue')).filter((id) =>
      id.includes('DeadLetters'),
    );
    expect(dead).toHaveLength(6);
    for (const id of dead) {
      const alarm = alarms().find(({ Dimensions }) =>
        Dimensions?.some(({ Value }: { Value: unknown }) => flat(Value) === id),
      );
      expect(alarm).toMatchObject({
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Threshold: 1,
        EvaluationPeriods: 1,
      });
    }
  });

  it('say what they mean and lead to the runbook, each to a section of its own', () => {
    const sections = alarms().map(({ AlarmDescription }) => {
      expect(AlarmDescription).toMatch(/^[A-Z].*\. What to do: docs\/runbook\.md#[a-z-]+$/);
      return AlarmDescription.split('#')[1];
    });
    // What adds up more than one alarm can is several of them.
    const shared = sections.filter((section, at) => sections.indexOf(section) < at);
    expect(shared.filter((section) => !['function-errors', 'function-throttles'].includes(section))).toEqual([]);
  });

  it('reach the address that was given', () => {
    deployed.chorus.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.com' });
    for (const { AlarmActions } of alarms())
      expect(AlarmActions.map(flat)).toEqual([expect.stringContaining('MonitoringTopic')]);
  });

  it('notice a schedule that has gone silent', () => {
    expect(alarms()).toContainEqual(
      expect.objectContaining({
        Namespace: 'AWS/Lambda',
        MetricName: 'Invocations',
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      }),
    );
  });

  it('all stand on the dashboard', () => {
    const [dashboard] = Object.values(resourcesOf(deployed.chorus, 'AWS::CloudWatch::Dashboard'));
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    for (const id of Object.keys(resourcesOf(deployed.chorus, 'AWS::CloudWatch::Alarm'))) expect(body).toContain(id);
  });
});

describe('logs', () => {
  it('of every function are kept as long as was decided, and no longer', () => {
    const groups = resourcesOf(deployed.chorus, 'AWS::Logs::LogGroup');
    for (const { Properties } of Object.values(groups)) expect(Properties.RetentionInDays).toBe(3);
    for (const { Properties } of Object.values(resourcesOf(deployed.chorus, 'AWS::Lambda::Function'))) {
      expect(Object.keys(groups)).toContain(flat(Properties.LoggingConfig.LogGroup));
    }
  });
});
