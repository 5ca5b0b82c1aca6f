import {
  Alarm,
  AlarmStatusWidget,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export interface MonitoringProps {
  /** @default - a topic of its own when there is an `alarmEmail`; else alarms are not sent */
  readonly alarmTopic?: ITopic;
  /** @default - none */
  readonly alarmEmail?: string;
  /** @default docs/runbook.md */
  readonly runbookUrl?: string;
}

/** An alarm's condition. */
export interface Watch {
  readonly metric: IMetric;
  /** The value from which on the alarm is raised. */
  readonly threshold: number;
  /**
   * How many periods of the metric in a row.
   * @default 1
   */
  readonly periods?: number;
  /** What it means, in a sentence. */
  readonly means: string;
  /** The runbook's section on what to do. */
  readonly runbook: string;
}

/** Alarms, each made beside what it watches, and the dashboard that shows them all. */
export class Monitoring extends Construct {
  readonly dashboard: Dashboard;
  readonly #alarms: Alarm[] = [];
  readonly #topic: ITopic | undefined;
  readonly #runbookUrl: string;

  constructor(scope: Construct, id: string, props: MonitoringProps = {}) {
    super(scope, id);
    this.#runbookUrl = props.runbookUrl ?? 'docs/runbook.md';
    // Not encrypted: CloudWatch cannot use the key that AWS manages, and alarms contain no secrets.
    this.#topic =
      props.alarmTopic ?? (props.alarmEmail === undefined ? undefined : new Topic(this, 'Topic', { enforceSSL: true }));
    if (props.alarmEmail !== undefined) this.#topic?.addSubscription(new EmailSubscription(props.alarmEmail));
    this.dashboard = new Dashboard(this, 'Dashboard');
    // Later constructs add to the list, which is read when the template is synthesized.
    this.dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: this.#alarms, width: 24, height: 4 }));
  }

  /** Raises an alarm when the metric reaches the threshold. Missing data is no problem. */
  watch(scope: Construct, id: string, watch: Watch): void {
    this.#add(scope, id, watch, ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD, TreatMissingData.NOT_BREACHING);
  }

  /** Raises an alarm when the metric stays below the threshold or is missing: for things that must happen regularly. */
  watchFor(scope: Construct, id: string, watch: Watch): void {
    this.#add(scope, id, watch, ComparisonOperator.LESS_THAN_THRESHOLD, TreatMissingData.BREACHING);
  }

  /** Adds a row of charts to the dashboard, each a title with its metrics. */
  chart(...charts: readonly { readonly title: string; readonly metrics: readonly IMetric[] }[]): void {
    const width = Math.floor(24 / charts.length);
    this.dashboard.addWidgets(
      ...charts.map(({ title, metrics }) => new GraphWidget({ title, left: [...metrics], width })),
    );
  }

  #add(
    scope: Construct,
    id: string,
    watch: Watch,
    comparisonOperator: ComparisonOperator,
    treatMissingData: TreatMissingData,
  ): void {
    const alarm = new Alarm(scope, id, {
      metric: watch.metric,
      threshold: watch.threshold,
      evaluationPeriods: watch.periods ?? 1,
      comparisonOperator,
      treatMissingData,
      alarmDescription: `${watch.means} What to do: ${this.#runbookUrl}#${watch.runbook}`,
    });
    if (this.#topic !== undefined) alarm.addAlarmAction(new SnsAction(this.#topic));
    this.#alarms.push(alarm);
  }
}
