import type {
  CloudWatch,
  Datapoint,
  GetMetricDataCommandInput,
  GetMetricStatisticsCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { checkDimensions } from './metric-data.ts';
import { between, statisticOf } from './metrics.ts';
import { checkPeriod, checkQueries, type Queries, queryValues } from './queries.ts';
import type { CloudwatchState } from './state.ts';

/** Reading metrics. */
export function statisticsOperations(cloudwatch: CloudwatchState) {
  return {
    getMetricStatistics: (input) => getMetricStatistics(cloudwatch, input),
    getMetricData: (input) => getMetricData(cloudwatch, input),
  } satisfies Operations<CloudWatch>;
}

function spanOf(input: { StartTime: Date | undefined; EndTime: Date | undefined }): {
  start: number;
  end: number;
} {
  const [start, end] = [input.StartTime?.getTime(), input.EndTime?.getTime()];
  if (start === undefined || end === undefined) {
    throw new AwsError('MissingParameter', 'The parameters StartTime and EndTime are required.');
  }
  if (start < end) return { start, end };
  throw new AwsError(
    'InvalidParameterValue',
    'The parameter StartTime must be less than the parameter EndTime.',
  );
}

/** Beginnings of the periods between two times, aligned to the period, in milliseconds. */
function periods(start: number, end: number, length: number): number[] {
  const first = Math.floor(start / length) * length;
  const count = Math.ceil((end - first) / length);
  return Array.from({ length: count }, (_, index) => first + index * length);
}

function getMetricStatistics(cloudwatch: CloudwatchState, input: GetMetricStatisticsCommandInput) {
  const { start, end } = spanOf(input);
  const length = checkPeriod(input.Period) * 1000;
  const wanted = [...(input.Statistics ?? []), ...(input.ExtendedStatistics ?? [])];
  if (wanted.length === 0) {
    throw new AwsError('MissingParameter', 'Must specify either Statistics or ExtendedStatistics');
  }
  const beginnings = periods(start, end, length);
  if (beginnings.length > 1440) {
    throw new AwsError(
      'InvalidParameterCombination',
      `You have requested up to ${beginnings.length} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }
  const series = cloudwatch.metrics.find({
    namespace: input.Namespace ?? '',
    name: input.MetricName ?? '',
    dimensions: checkDimensions(input.Dimensions ?? []),
  });
  const Datapoints: Datapoint[] = [];
  for (const beginning of beginnings) {
    const points = between(series, beginning, beginning + length).filter(
      (point) => input.Unit === undefined || point.unit === input.Unit,
    );
    if (points.length === 0) continue;
    const values = (names: readonly string[] | undefined) =>
      Object.fromEntries((names ?? []).map((name) => [name, statisticOf(points, name)]));
    const extended = input.ExtendedStatistics;
    Datapoints.push({
      Timestamp: new Date(beginning),
      ...values(input.Statistics),
      ...(extended && { ExtendedStatistics: values(extended) as Record<string, number> }),
      Unit: (points[0]?.unit ?? 'None') as 'None',
    });
  }
  return { Label: input.MetricName, Datapoints };
}

function getMetricData(cloudwatch: CloudwatchState, input: GetMetricDataCommandInput) {
  const { start, end } = spanOf(input);
  const given = input.MetricDataQueries ?? [];
  if (given.length < 1 || given.length > 500) {
    throw new AwsError('ValidationError', 'MetricDataQueries must have between 1 and 500 members.');
  }
  const queries = checkQueries(given);
  const labels = new Map(given.map((query) => [query.Id, query.Label ?? labelOf(queries, query.Id ?? '')]));
  return {
    MetricDataResults: queries.shown.map((id) => {
      const length = periodOf(queries, id) * 1000;
      const beginnings = periods(start, end, length);
      const values = queryValues(cloudwatch.metrics, queries, id, beginnings, length);
      const found = beginnings.flatMap((beginning, index) => {
        const value = values[index];
        return value === undefined ? [] : [{ time: new Date(beginning), value }];
      });
      if (input.ScanBy !== 'TimestampAscending') found.reverse();
      return {
        Id: id,
        Label: labels.get(id),
        Timestamps: found.map((each) => each.time),
        Values: found.map((each) => each.value),
        StatusCode: 'Complete' as const,
      };
    }),
    Messages: [],
  };
}

function labelOf(queries: Queries, id: string): string {
  const source = queries.sources.get(id);
  return source?.kind === 'metric' ? source.metric.name : id;
}

function periodOf(queries: Queries, id: string): number {
  const source = queries.sources.get(id);
  return source?.kind === 'metric' ? source.period : queries.period || 60;
}
