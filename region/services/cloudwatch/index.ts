import type { Kernel, Service } from '../../kernel/kernel.ts';
import type { SqsService } from '../sqs/index.ts';
import { alarmOperations } from './alarms.ts';
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
  /** Records a value of one of AWS's own metrics, which the API refuses from anybody else: `record('AWS/Lambda', 'Errors', {FunctionName}, 1)`. */
  record(namespace: string, name: string, dimensions: Readonly<Record<string, string>>, value: number): void;
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
    history: [],
    took: (series) => judgeAlarmsOf(cloudwatch, series),
  };
  const record: CloudwatchService['record'] = (namespace, name, dimensions, value) => {
    const pairs = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    const point = pointOf(kernel.clock.now().getTime(), [value]);
    cloudwatch.took(cloudwatch.metrics.add({ namespace, name, dimensions: pairs }, [point]));
  };
  const timers = new Set<() => void>();
  return {
    id: 'cloudwatch',
    operations: {
      ...metricDataOperations(cloudwatch),
      ...statisticsOperations(cloudwatch),
      ...alarmOperations(cloudwatch),
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
  const sqs = kernel.services().find((service) => service.id === 'sqs') as SqsService | undefined;
  for (const { name, visible, inFlight, delayed } of sqs?.counts() ?? []) {
    const dimensions = { QueueName: name };
    record('AWS/SQS', 'ApproximateNumberOfMessagesVisible', dimensions, visible);
    record('AWS/SQS', 'ApproximateNumberOfMessagesNotVisible', dimensions, inFlight);
    record('AWS/SQS', 'ApproximateNumberOfMessagesDelayed', dimensions, delayed);
  }
}
