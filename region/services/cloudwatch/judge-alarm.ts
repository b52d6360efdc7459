import type { ComparisonOperator, StateValue } from '@aws-sdk/client-cloudwatch';

export interface AlarmRule {
  readonly threshold: number;
  readonly comparison: ComparisonOperator;
  /** N: how many periods count. */
  readonly evaluationPeriods: number;
  /** M: how many of them must breach. */
  readonly datapointsToAlarm: number;
  readonly treatMissingData: string;
}

export interface Datapoint {
  /** Beginning of its period, in milliseconds since the epoch. */
  readonly time: number;
  readonly value: number | undefined;
}

export interface Verdict {
  /** undefined: the alarm stays as it is. */
  readonly state: StateValue | undefined;
  readonly reason: string;
  /** The datapoints that were judged, newest first. */
  readonly recent: readonly { readonly time: number; readonly value: number }[];
}

/** Of how many periods data is looked at: a little more than are judged, so that late data still counts. */
export function rangeOf(evaluationPeriods: number): number {
  return evaluationPeriods + 2;
}

/**
 * Judges the periods of an alarm's range, newest last. The newest N existing datapoints count; only where there are fewer does the
 * treatment of missing data fill up (CloudWatch user guide, "How alarm state is evaluated when data is missing").
 */
export function judgeAlarm(rule: AlarmRule, range: readonly Datapoint[]): Verdict {
  const { evaluationPeriods: n, datapointsToAlarm: m } = rule;
  const existing = range
    .flatMap(({ time, value }) => (value === undefined ? [] : [{ time, value }]))
    .slice(-n);
  const breaching = existing.filter(({ value }) => breaches(rule, value));
  const missing = n - existing.length;
  const recent = existing.toReversed();
  const crossed = (state: StateValue): Verdict => ({
    state,
    reason: crossedReason(rule, recent, state),
    recent,
  });
  if (breaching.length >= m) return crossed('ALARM');
  if (missing === 0) return crossed('OK');
  switch (rule.treatMissingData) {
    case 'breaching':
      return breaching.length + missing >= m ? filled(rule, recent, missing, 'ALARM') : crossed('OK');
    case 'notBreaching':
      return filled(rule, recent, missing, 'OK');
    case 'ignore': {
      const good = existing.length > breaching.length;
      return good ? crossed('OK') : { state: undefined, reason: 'missing data is ignored', recent };
    }
    default:
      if (existing.length === 0) return insufficient(n);
      // Without a good datapoint among those that are there, the missing ones do not excuse the bad ones.
      return crossed(breaching.length === existing.length ? 'ALARM' : 'OK');
  }
}

function breaches({ comparison, threshold }: AlarmRule, value: number): boolean {
  switch (comparison) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'LessThanThreshold':
      return value < threshold;
    default:
      return value <= threshold;
  }
}

const words: Readonly<Record<string, readonly [string, string]>> = {
  GreaterThanOrEqualToThreshold: ['greater than or equal to', 'not greater than or equal to'],
  GreaterThanThreshold: ['greater than', 'not greater than'],
  LessThanThreshold: ['less than', 'not less than'],
  LessThanOrEqualToThreshold: ['less than or equal to', 'not less than or equal to'],
};

function comparisonOf(rule: AlarmRule, state: StateValue): string {
  return words[rule.comparison]?.[state === 'ALARM' ? 0 : 1] ?? rule.comparison;
}

/** A number as CloudWatch writes it: with a decimal point. */
function decimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function crossedReason(
  rule: AlarmRule,
  recent: readonly { time: number; value: number }[],
  state: StateValue,
): string {
  const alarm = state === 'ALARM';
  const relevant = recent.filter(({ value }) => breaches(rule, value) === alarm);
  const needed = alarm ? rule.datapointsToAlarm : rule.evaluationPeriods - rule.datapointsToAlarm + 1;
  return [
    `Threshold Crossed: ${relevant.length} out of the last ${rule.evaluationPeriods} datapoints`,
    listOf(relevant),
    relevant.length === 1 ? 'was' : 'were',
    `${comparisonOf(rule, state)} the threshold (${decimal(rule.threshold)})`,
    `(minimum ${count(needed, 'datapoint')} for ${alarm ? 'OK -> ALARM' : 'ALARM -> OK'} transition).`,
  ].join(' ');
}

function listOf(points: readonly { time: number; value: number }[]): string {
  return `[${points.map(({ time, value }) => `${decimal(value)} (${dateOf(time)})`).join(', ')}]`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `22/11/26 13:01:00`, in UTC. */
function dateOf(time: number): string {
  const [date = '', clock = ''] = new Date(time).toISOString().split('T');
  const [year = '', month, day] = date.split('-');
  return `${day}/${month}/${year.slice(2)} ${clock.slice(0, 8)}`;
}

function filled(
  rule: AlarmRule,
  recent: readonly { time: number; value: number }[],
  missing: number,
  state: 'ALARM' | 'OK',
): Verdict {
  const periods = rule.evaluationPeriods;
  const received =
    recent.length === 0
      ? 'no datapoints were received'
      : `${recent.length} of the last ${count(periods, 'datapoint')} were received ${listOf(recent)}`;
  const treated = `${missing === 1 ? 'was' : 'were'} treated as ${state === 'ALARM' ? '[Breaching]' : '[NonBreaching]'}`;
  return {
    state,
    reason: `Threshold Crossed: ${received} for ${count(periods, 'period')} and ${count(missing, 'missing datapoint')} ${treated}.`,
    recent,
  };
}

function insufficient(periods: number): Verdict {
  return {
    state: 'INSUFFICIENT_DATA',
    reason: `Insufficient Data: ${count(periods, 'datapoint')} ${periods === 1 ? 'was' : 'were'} unknown.`,
    recent: [],
  };
}
