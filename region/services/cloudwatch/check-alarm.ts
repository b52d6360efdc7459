import type { MetricDataQuery, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import { invalid } from './metric-data.ts';
import { checkQueries, type Queries } from './queries.ts';

const comparisons = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
];
const treatments = ['breaching', 'notBreaching', 'ignore', 'missing'];

/** Checks what PutMetricAlarm checks; gives the queries of the alarm and the one that is judged. */
export function checkAlarm(input: PutMetricAlarmInput): { queries: Queries; judged: string } {
  const name = input.AlarmName ?? '';
  if (name === '' || name.length > 255)
    throw invalid('The parameter AlarmName must be between 1 and 255 characters.');
  checkPlayed(input);
  const periods = input.EvaluationPeriods ?? 0;
  if (!Number.isInteger(periods) || periods < 1) throw invalid('EvaluationPeriods must be at least 1.');
  const datapoints = input.DatapointsToAlarm ?? periods;
  if (!Number.isInteger(datapoints) || datapoints < 1 || datapoints > periods) {
    throw new AwsError('ValidationError', 'DatapointsToAlarm must be between 1 and EvaluationPeriods.');
  }
  if (!comparisons.includes(input.ComparisonOperator ?? '')) {
    throw invalid(`The value ${input.ComparisonOperator} for parameter ComparisonOperator is not valid.`);
  }
  if (input.Threshold === undefined) throw new AwsError('ValidationError', 'Threshold is required.');
  if (input.TreatMissingData !== undefined && !treatments.includes(input.TreatMissingData)) {
    throw invalid(`The value ${input.TreatMissingData} for parameter TreatMissingData is not valid.`);
  }
  checkActions(input);
  const queries = checkQueries(queriesOf(input));
  const [judged, ...others] = queries.shown;
  if (judged === undefined || others.length > 0) {
    throw new AwsError('ValidationError', 'Exactly one element of the metrics list should return data.');
  }
  // An alarm looks back seven days at most, one day for periods under an hour.
  const span = queries.period * periods;
  if (span > (queries.period < 3600 ? 86_400 : 604_800)) {
    throw new AwsError(
      'ValidationError',
      'Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).',
    );
  }
  return { queries, judged };
}

function checkPlayed(input: PutMetricAlarmInput): void {
  if (input.ThresholdMetricId !== undefined) throw new NotPlayedError('anomaly detection alarms');
  if (input.EvaluateLowSampleCountPercentile === 'ignore') {
    throw new NotPlayedError('EvaluateLowSampleCountPercentile');
  }
}

function checkActions(input: PutMetricAlarmInput): void {
  for (const actions of [input.AlarmActions, input.OKActions, input.InsufficientDataActions]) {
    if ((actions?.length ?? 0) > 5) throw invalid('An alarm can have no more than 5 actions of each kind.');
    const bad = actions?.find((action) => !/^arn:aws[a-z-]*:[a-z0-9-]+:/.test(action));
    if (bad !== undefined) throw new AwsError('ValidationError', `Invalid arn syntax: ${bad}`);
  }
}

/** One metric in members of its own, or several in `Metrics`: as queries both look the same. */
function queriesOf(input: PutMetricAlarmInput): readonly MetricDataQuery[] {
  if (input.Metrics !== undefined) {
    if (input.MetricName !== undefined || input.Period !== undefined || input.Statistic !== undefined) {
      throw new AwsError(
        'ValidationError',
        'Metrics list cannot be used together with MetricName, Period or Statistic.',
      );
    }
    return input.Metrics;
  }
  if (!input.MetricName || !input.Namespace) {
    throw new AwsError('ValidationError', 'MetricName and Namespace are required.');
  }
  if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined)) {
    throw new AwsError('ValidationError', 'Must specify either Statistic or ExtendedStatistic, not both.');
  }
  return [
    {
      Id: 'm1',
      MetricStat: {
        Metric: { Namespace: input.Namespace, MetricName: input.MetricName, Dimensions: input.Dimensions },
        Period: input.Period,
        Stat: input.Statistic ?? input.ExtendedStatistic,
        Unit: input.Unit,
      },
      ReturnData: true,
    },
  ];
}
