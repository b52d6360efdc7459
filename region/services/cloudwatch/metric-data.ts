import type { CloudWatch, Dimension, ListMetricsCommandInput, MetricDatum } from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { pageAfter } from '../common/page.ts';
import { type MetricStore, type Point, pointOf, type Series } from './metrics.ts';
import type { CloudwatchState } from './state.ts';

/** Taking in metrics and listing them. */
export function metricDataOperations(cloudwatch: CloudwatchState) {
  return {
    putMetricData: (input) => {
      if (input.EntityMetricData !== undefined) {
        throw invalid('The parameter EntityMetricData is not supported here: use MetricData.');
      }
      const namespace = checkNamespace(input.Namespace ?? '');
      const data = input.MetricData ?? [];
      if (data.length > 1000)
        throw invalid('The collection MetricData must not have a size greater than 1000.');
      // All or nothing: every datum is checked before the first is kept.
      const checked = data.map((datum) => checkDatum(datum, cloudwatch.kernel.clock.now().getTime()));
      for (const { name, dimensions, point } of checked) {
        cloudwatch.took(cloudwatch.metrics.add({ namespace, name, dimensions }, [point]));
      }
      return {};
    },
    listMetrics: (input) => listMetrics(cloudwatch.metrics, input),
  } satisfies Operations<CloudWatch>;
}

function checkNamespace(namespace: string): string {
  if (namespace === '') throw new AwsError('MissingParameter', 'The parameter Namespace is required.');
  if (namespace.startsWith('AWS/')) {
    throw invalid('The value AWS/ for parameter Namespace is invalid.');
  }
  if (/^[^:][\x20-\x7e]{0,254}$/.test(namespace)) return namespace;
  throw invalid(
    'The parameter Namespace must be between 1 and 255 ASCII characters and not begin with a colon.',
  );
}

function checkDatum(
  datum: MetricDatum,
  now: number,
): { name: string; dimensions: Dimension[]; point: Point } {
  const name = datum.MetricName ?? '';
  if (name === '' || name.length > 255)
    throw invalid('The parameter MetricName must be between 1 and 255 characters.');
  const dimensions = checkDimensions(datum.Dimensions ?? []);
  const time = datum.Timestamp?.getTime() ?? now;
  if (time < now - 14 * 86_400_000 || time > now + 2 * 3_600_000) {
    throw invalid(
      'The parameter Timestamp must specify a time no more than two weeks in the past and two hours in the future.',
    );
  }
  return { name, dimensions, point: pointFrom(datum, time) };
}

export function checkDimensions(dimensions: readonly Dimension[]): Dimension[] {
  if (dimensions.length > 30)
    throw invalid('The collection Dimensions must not have a size greater than 30.');
  for (const { Name = '', Value = '' } of dimensions) {
    if (Name === '' || Value === '') throw invalid('Dimensions must have a Name and a Value.');
    if (Name.length > 255 || Value.length > 1024) throw invalid('A dimension is too long.');
  }
  return [...dimensions];
}

function pointFrom(datum: MetricDatum, time: number): Point {
  const { Value: value, Values: values, Counts: counts, StatisticValues: set, Unit: unit } = datum;
  const given = [value, values, set].filter((each) => each !== undefined).length;
  if (given === 0)
    throw new AwsError('MissingParameter', 'One of Value, Values and StatisticValues is required.');
  if (given > 1) {
    throw new AwsError(
      'InvalidParameterCombination',
      'Value, Values and StatisticValues are mutually exclusive.',
    );
  }
  if (set) {
    return {
      time,
      count: checkNumber(set.SampleCount),
      sum: checkNumber(set.Sum),
      minimum: checkNumber(set.Minimum),
      maximum: checkNumber(set.Maximum),
      unit: unit ?? 'None',
    };
  }
  const list = (values ?? [value]).map(checkNumber);
  if (list.length < 1 || list.length > 150) throw invalid('Values must have between 1 and 150 members.');
  if (counts && counts.length !== list.length) {
    throw invalid('The parameters Values and Counts must have the same number of members.');
  }
  return pointOf(time, list, counts, unit);
}

function checkNumber(value: number | undefined): number {
  if (value !== undefined && Number.isFinite(value) && Math.abs(value) <= 2 ** 360) return value;
  throw invalid(`The value ${value} is not valid for a metric.`);
}

export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

function listMetrics(store: MetricStore, input: ListMetricsCommandInput) {
  const asked = [...store.series.values()].filter(
    (series) =>
      (input.Namespace === undefined || series.namespace === input.Namespace) &&
      (input.MetricName === undefined || series.name === input.MetricName) &&
      (input.Dimensions ?? []).every((wanted) => hasDimension(series, wanted)),
  );
  const { items, nextToken } = pageAfter(
    asked,
    (series) => series.key,
    500,
    input.NextToken,
    () => new AwsError('InvalidNextToken', 'The next token specified is invalid.'),
  );
  return {
    Metrics: items.map((series) => ({
      Namespace: series.namespace,
      MetricName: series.name,
      Dimensions: [...series.dimensions],
    })),
    ...(nextToken !== undefined && { NextToken: nextToken }),
  };
}

/** A filter may name a dimension without its value. */
function hasDimension(
  series: Series,
  wanted: { Name?: string | undefined; Value?: string | undefined },
): boolean {
  return series.dimensions.some(
    ({ Name, Value }) => Name === wanted.Name && (wanted.Value === undefined || Value === wanted.Value),
  );
}
