import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../../kernel/errors.ts';
import { type Expression, parseExpression, type Values } from './expression.ts';
import { checkDimensions } from './metric-data.ts';
import { between, keyOf, type MetricName, type MetricStore, readerOf, statisticOf } from './metrics.ts';

/** Where the values of a query come from: one metric, or others by an expression. */
export type Source =
  | {
      readonly kind: 'metric';
      readonly metric: MetricName;
      readonly statistic: string;
      readonly period: number;
      readonly unit?: string;
    }
  | { readonly kind: 'expression'; readonly expression: Expression };

/** Checked queries by id; `shown` are those whose data is returned. */
export interface Queries {
  readonly sources: ReadonlyMap<string, Source>;
  readonly shown: readonly string[];
  /** The longest period among the metrics, in seconds. */
  readonly period: number;
  /** Keys of the metrics that take part. */
  readonly metricKeys: ReadonlySet<string>;
}

/** Checks queries as PutMetricAlarm and GetMetricData do: ids, one source each, every id of an expression known, no circles. */
export function checkQueries(queries: readonly MetricDataQuery[]): Queries {
  const sources = new Map<string, Source>();
  for (const query of queries) {
    const id = query.Id ?? '';
    if (!/^[a-z]\w{0,254}$/.test(id))
      throw invalid(
        `The value '${id}' for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
      );
    if (sources.has(id)) throw invalid(`The value '${id}' for parameter Id is not unique.`);
    sources.set(id, sourceOf(query));
  }
  checkReferences(sources);
  const metrics = [...sources.values()].filter((source) => source.kind === 'metric');
  return {
    sources,
    shown: queries.filter((query) => query.ReturnData !== false).map((query) => query.Id ?? ''),
    period: Math.max(0, ...metrics.map((source) => source.period)),
    metricKeys: new Set(metrics.map((source) => keyOf(source.metric))),
  };
}

function sourceOf(query: MetricDataQuery): Source {
  const { MetricStat: stat, Expression: text } = query;
  if ((stat === undefined) === (text === undefined)) {
    throw invalid(`Query ${query.Id} must have either MetricStat or Expression.`);
  }
  if (text !== undefined) return { kind: 'expression', expression: parseExpression(text) };
  const statistic = stat?.Stat ?? '';
  readerOf(statistic);
  return {
    kind: 'metric',
    metric: {
      namespace: stat?.Metric?.Namespace ?? '',
      name: stat?.Metric?.MetricName ?? '',
      dimensions: checkDimensions(stat?.Metric?.Dimensions ?? []),
    },
    statistic,
    period: checkPeriod(stat?.Period),
    ...(stat?.Unit !== undefined && { unit: stat.Unit }),
  };
}

/** Periods: 1, 5, 10, 20, 30 seconds, or a multiple of 60. */
export function checkPeriod(period: number | undefined): number {
  if (period !== undefined && ([1, 5, 10, 20, 30].includes(period) || (period > 0 && period % 60 === 0)))
    return period;
  throw new AwsError(
    'InvalidParameterValue',
    `Period must be 10, 20, 30 or a multiple of 60; it is ${period}.`,
  );
}

function checkReferences(sources: ReadonlyMap<string, Source>): void {
  const visit = (id: string, path: readonly string[]): void => {
    const source = sources.get(id);
    if (!source) throw invalid(`Id '${id}' in an expression is not among the queries.`);
    if (path.includes(id))
      throw invalid(`The expressions ${path.join(', ')} refer to each other in a circle.`);
    if (source.kind === 'metric') return;
    for (const each of source.expression.ids) visit(each, [...path, id]);
  };
  for (const id of sources.keys()) visit(id, []);
}

/** The values of a query in periods of `length` milliseconds that begin at these times, oldest first. */
export function queryValues(
  store: MetricStore,
  queries: Queries,
  id: string,
  beginnings: readonly number[],
  length: number,
): Values {
  const source = queries.sources.get(id);
  if (!source) return beginnings.map(() => undefined);
  if (source.kind === 'expression') {
    const lookup = (each: string): Values => queryValues(store, queries, each, beginnings, length);
    return source.expression.evaluate(beginnings.length, lookup);
  }
  const series = store.find(source.metric);
  return beginnings.map((beginning) => {
    const points = between(series, beginning, beginning + length);
    const fitting = source.unit === undefined ? points : points.filter((point) => point.unit === source.unit);
    return statisticOf(fitting, source.statistic);
  });
}

/** Whether any metric of the queries has data between two times, in milliseconds: what an expression fills in is none. */
export function hasData(store: MetricStore, queries: Queries, start: number, end: number): boolean {
  return [...queries.sources.values()].some(
    (source) => source.kind === 'metric' && between(store.find(source.metric), start, end).length > 0,
  );
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}
