import type { HistoryItemType, PutMetricAlarmInput, StateValue, Tag } from '@aws-sdk/client-cloudwatch';
import type { Kernel } from '../../kernel/kernel.ts';
import type { MetricStore, Series } from './metrics.ts';
import type { Queries } from './queries.ts';

export interface AlarmState {
  readonly value: StateValue;
  readonly reason: string;
  /** JSON text. */
  readonly reasonData?: string | undefined;
  readonly at: Date;
}

export interface Alarm {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
  configuredAt: Date;
  settings: PutMetricAlarmInput;
  queries: Queries;
  /** Id of the query whose values are judged. */
  judged: string;
  state: AlarmState;
  /** When `value` last became what it is; an update of the reason alone does not count. */
  transitionedAt: Date;
  tags: Tag[];
}

export interface Dashboard {
  readonly name: string;
  /** JSON text. */
  readonly body: string;
  readonly changedAt: Date;
}

export interface HistoryItem {
  readonly alarmName: string;
  readonly at: Date;
  readonly type: HistoryItemType;
  readonly summary: string;
  readonly data: object;
}

export interface CloudwatchState {
  readonly kernel: Kernel;
  readonly metrics: MetricStore;
  readonly alarms: Map<string, Alarm>;
  readonly dashboards: Map<string, Dashboard>;
  /** Newest last; 10,000 items are kept. */
  readonly history: HistoryItem[];
  /** Called for each series that got new data: its alarms are judged at once. */
  took(series: Series): void;
}

export function remember(cloudwatch: CloudwatchState, item: HistoryItem): void {
  cloudwatch.history.push(item);
  if (cloudwatch.history.length > 10_000) cloudwatch.history.splice(0, 2_500);
}
