import type { Dimension } from '@aws-sdk/client-cloudwatch';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';

export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
}

/** One observation, or a set of them that somebody aggregated. */
export interface Point {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** The single values with how often each came; undefined for a statistic set, which has no percentiles. */
  readonly values?: readonly (readonly [number, number])[];
  readonly unit: string;
}

export interface Series extends MetricName {
  readonly key: string;
  points: Point[];
}

/** A series keeps so many points and forgets a quarter of them when it is full. */
const largestSeries = 10_000;

/** All metrics of the region. */
export class MetricStore {
  readonly series = new Map<string, Series>();

  /** Adds points in the order of time, making the series when it is new. */
  add(metric: MetricName, points: readonly Point[]): Series {
    const key = keyOf(metric);
    const series = this.series.get(key) ?? { ...metric, key, points: [] };
    this.series.set(key, series);
    for (const point of points) {
      const late = (series.points.at(-1)?.time ?? 0) > point.time;
      series.points.push(point);
      if (late) series.points.sort((left, right) => left.time - right.time);
    }
    if (series.points.length > largestSeries) series.points = series.points.slice(-largestSeries * 0.75);
    return series;
  }

  find(metric: MetricName): Series | undefined {
    return this.series.get(keyOf(metric));
  }
}

/** The same dimensions in any order are the same metric. */
export function keyOf(metric: MetricName): string {
  const pairs = metric.dimensions.map(({ Name, Value }) => [Name, Value]).sort();
  return JSON.stringify([metric.namespace, metric.name, pairs]);
}

/** The points of a metric from `start` up to, not with, `end`. */
export function between(series: Series | undefined, start: number, end: number): readonly Point[] {
  return series?.points.filter((point) => point.time >= start && point.time < end) ?? [];
}

/** A point of single values. */
export function pointOf(
  time: number,
  values: readonly number[],
  counts?: readonly number[],
  unit = 'None',
): Point {
  const pairs = values.map((value, index) => [value, counts?.[index] ?? 1] as const);
  return {
    time,
    count: pairs.reduce((sum, [, times]) => sum + times, 0),
    sum: pairs.reduce((sum, [value, times]) => sum + value * times, 0),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    values: pairs,
    unit,
  };
}

/** A statistic of some points by its name; undefined where there is no data. ValidationError for a name that is none. */
export function statisticOf(points: readonly Point[], statistic: string): number | undefined {
  const read = readerOf(statistic);
  return points.length === 0 ? undefined : read(points);
}

const simple: Readonly<Record<string, (points: readonly Point[]) => number | undefined>> = {
  SampleCount: (points) => total(points, 'count'),
  Sum: (points) => total(points, 'sum'),
  Average: (points) => total(points, 'sum') / total(points, 'count'),
  Minimum: (points) => Math.min(...points.map((point) => point.minimum)),
  Maximum: (points) => Math.max(...points.map((point) => point.maximum)),
};

function total(points: readonly Point[], member: 'count' | 'sum'): number {
  return points.reduce((sum, point) => sum + point[member], 0);
}

/** How a statistic is computed. ValidationError for a name that is none. */
export function readerOf(statistic: string): (points: readonly Point[]) => number | undefined {
  const known = simple[statistic];
  if (known) return known;
  const percentile = /^p(\d{1,2}(?:\.\d+)?|100)$/.exec(statistic)?.[1];
  if (percentile !== undefined) return (points) => percentileOf(points, Number(percentile));
  if (/^(tm|wm|tc|ts|pr|iqm)/i.test(statistic)) throw new NotPlayedError(`the statistic ${statistic}`);
  throw new AwsError('ValidationError', `The statistic ${statistic} is not valid`);
}

function percentileOf(points: readonly Point[], percentile: number): number | undefined {
  const pairs = points.flatMap((point) => point.values ?? []).sort(([left], [right]) => left - right);
  const all = pairs.reduce((sum, [, times]) => sum + times, 0);
  let seen = 0;
  for (const [value, times] of pairs) {
    seen += times;
    if (seen >= (percentile / 100) * all) return value;
  }
  return undefined;
}
