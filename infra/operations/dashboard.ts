import { Duration, Tags } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
  Metric,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { deploymentTag, taskLogGroupName } from '../names.ts';

export interface DashboardProps {
  readonly deployment: string;
  readonly alarms: readonly IAlarm[];
  readonly workflows: ReadonlyMap<string, IStateMachine>;
}

const wide = 24;
const half = 12;

/** What tasks count, by the task that counts it (functions/runtime/task.ts). */
const ofSlots = {
  'record-slot': ['SlotServed'],
  'hold-slot': ['SlotHeld'],
  sweep: ['SlotUnattended', 'HungNodeReplaced'],
  'watch-etcd': ['EtcdUnhealthy'],
  'watch-kubernetes': ['KubernetesUnhealthy'],
};
const ofWorkers = {
  'resize-pools': ['WorkersAsked'],
  'complete-worker': ['WorkerJoined'],
  'finish-repair': ['WorkerRepaired'],
  sweep: ['WorkerStorm', 'PodsUnplaceable'],
  'abandon-worker': ['WorkerAbandoned'],
  'finish-drain': ['WorkerDrained', 'DrainExpired'],
};

/** One page for the deployment: what calls, what runs, what is counted, and what was decided last (issue 5). */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { alarms, deployment, workflows }: DashboardProps) {
    super(scope, id);
    const counted = (tasks: Readonly<Record<string, readonly string[]>>): IMetric[] =>
      Object.entries(tasks).flatMap(([service, names]) =>
        names.map(
          (metricName) =>
            new Metric({
              namespace: 'Trivet',
              metricName,
              dimensionsMap: { service, deployment },
              statistic: Stats.SUM,
              period: Duration.minutes(1),
            }),
        ),
      );
    const ofWorkflows = (metric: (it: IStateMachine) => Metric): IMetric[] =>
      Array.from(workflows, ([label, it]) => metric(it).with({ label, period: Duration.minutes(5) }));
    const dashboard = new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: deployment,
      widgets: [
        [
          new TextWidget({
            width: wide,
            height: 2,
            markdown: `# Trivet: ${deployment}\nEach alarm has a page in docs/runbooks; what a person may do stands under Systems Manager, Automation.`,
          }),
        ],
        [new AlarmStatusWidget({ title: 'Alarms', width: wide, height: 5, alarms: [...alarms] })],
        [
          new GraphWidget({
            title: 'Workflows started',
            width: half,
            left: ofWorkflows((it) => it.metricStarted()),
          }),
          new GraphWidget({
            title: 'Workflows failed',
            width: half,
            left: ofWorkflows((it) => it.metricFailed()),
          }),
        ],
        [
          new GraphWidget({ title: 'Control planes', width: half, left: counted(ofSlots) }),
          new GraphWidget({ title: 'Workers', width: half, left: counted(ofWorkers) }),
        ],
        [
          new LogQueryWidget({
            title: 'Decided and done',
            width: wide,
            height: 10,
            view: LogQueryVisualizationType.TABLE,
            logGroupNames: [taskLogGroupName(deployment)],
            queryLines: [
              'fields @timestamp, cluster, slot, instanceId, service, message, action, reason',
              'filter ispresent(cluster) and ispresent(reason)',
              'sort @timestamp desc',
              'limit 50',
            ],
          }),
        ],
      ],
    });
    // Its name tells whose it is; not every region takes tags of dashboards yet.
    Tags.of(dashboard).remove(deploymentTag);
  }
}
