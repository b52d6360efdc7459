import type { Kernel, Service } from '../../kernel/kernel.ts';
import { played } from '../common/played.ts';
import type { SqsService } from '../sqs/index.ts';
import { alarmOperations } from './alarms.ts';
import { dashboardOperations } from './dashboards.ts';
import { parseEmf } from './emf.ts';
import { metricDataOperations } from './metric-data.ts';
import { MetricStore, pointOf } from './metrics.ts';
import type { CloudwatchState } from './state.ts';
import { statisticsOperations } from './statistics.ts';
import { judgeAlarmsOf, judgeAll } from './watch-alarms.ts';

export interface CloudwatchService extends Service {
  readonly id: 'cloudwatch';
  /** Takes the metrics of a log line in the embedded metric format; false for a line that is none. */
  ingestEmf(line: string): boolean;
  /**
   * Records values of AWS's own metrics, which the API refuses from anybody else: `record('AWS/Lambda', {FunctionName}, {Errors: 1})`.
   * Alarms are judged once all of them are there.
   */
  record(
    namespace: string,
    dimensions: Readonly<Record<string, string>>,
    values: Readonly<Record<string, number>>,
  ): void;
}

/** How often alarms are judged without new data, and how often queues are counted, in milliseconds before `scheduleScale`. */
const alarmInterval = 10_000;
const queueInterval = 60_000;

/** CloudWatch: metrics, alarms on them, and their state changes as events on the bus. */
export function createCloudwatch(kernel: Kernel): CloudwatchService {
  const cloudwatch: CloudwatchState = {
    kernel,
    metrics: new MetricStore(),
    alarms: new Map(),
    dashboards: new Map(),
    history: [],
    took: (series) => judgeAlarmsOf(cloudwatch, series),
  };
  const record: CloudwatchService['record'] = (namespace, dimensions, values) => {
    const pairs = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    const time = kernel.clock.now().getTime();
    const changed = Object.entries(values).map(([name, value]) =>
      cloudwatch.metrics.add({ namespace, name, dimensions: pairs }, [pointOf(time, [value])]),
    );
    for (const series of changed) cloudwatch.took(series);
  };
  const timers = new Set<() => void>();
  return {
    id: 'cloudwatch',
    operations: {
      ...metricDataOperations(cloudwatch),
      ...statisticsOperations(cloudwatch),
      ...alarmOperations(cloudwatch),
      ...dashboardOperations(cloudwatch),
    },
    ingestEmf: (line) => {
      const found = parseEmf(line, kernel.clock.now().getTime());
      for (const { metric, point } of found) cloudwatch.took(cloudwatch.metrics.add(metric, [point]));
      return found.length > 0;
    },
    record,
    start: async () => {
      const scale = kernel.delays.scheduleScale;
      timers.add(every(kernel, alarmInterval * scale, () => judgeAll(cloudwatch)));
      timers.add(every(kernel, queueInterval * scale, () => countQueues(kernel, record)));
    },
    stop: async () => {
      for (const cancel of timers) cancel();
    },
  };
}

function every(kernel: Kernel, interval: number, act: () => void): () => void {
  let cancel = (): void => {};
  const again = (): void => {
    cancel = kernel.clock.after(interval, () => {
      act();
      again();
    });
  };
  again();
  return () => cancel();
}

/** SQS reports its queues once a minute, in a region that plays SQS. */
function countQueues(kernel: Kernel, record: CloudwatchService['record']): void {
  const sqs = played<SqsService>(kernel, 'sqs');
  for (const { name, visible, inFlight, delayed } of sqs?.counts() ?? []) {
    record(
      'AWS/SQS',
      { QueueName: name },
      {
        ApproximateNumberOfMessagesVisible: visible,
        ApproximateNumberOfMessagesNotVisible: inFlight,
        ApproximateNumberOfMessagesDelayed: delayed,
      },
    );
  }
}
