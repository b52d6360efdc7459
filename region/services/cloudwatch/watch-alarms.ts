import type { StateValue } from '@aws-sdk/client-cloudwatch';
import { type AlarmRule, judgeAlarm, rangeOf, type Verdict } from './judge-alarm.ts';
import type { Series } from './metrics.ts';
import { hasData, queryValues } from './queries.ts';
import { type Alarm, type AlarmState, type CloudwatchState, remember } from './state.ts';

/**
 * How long a period of an alarm lasts here, in milliseconds: scaled like Scheduler's rates, so that "four of six minutes" means the
 * same number of ticks in every delay profile.
 */
function periodOf(cloudwatch: CloudwatchState, alarm: Alarm): number {
  return alarm.queries.period * 1000 * cloudwatch.kernel.delays.scheduleScale;
}

/** Judges an alarm on the data that is there now. A period that has just begun counts as soon as it has data. */
function judge(cloudwatch: CloudwatchState, alarm: Alarm): void {
  const length = periodOf(cloudwatch, alarm);
  const now = cloudwatch.kernel.clock.now().getTime();
  const current = Math.floor(now / length) * length;
  const begun = hasData(cloudwatch.metrics, alarm.queries, current, current + length);
  const newest = begun ? current : current - length;
  const { settings } = alarm;
  const evaluationPeriods = settings.EvaluationPeriods ?? 1;
  const count = rangeOf(evaluationPeriods);
  const times = Array.from({ length: count }, (_, index) => newest - (count - 1 - index) * length);
  const values = queryValues(cloudwatch.metrics, alarm.queries, alarm.judged, times, length);
  const range = times.map((time, index) => ({ time, value: values[index] }));
  const rule: AlarmRule = {
    threshold: settings.Threshold ?? 0,
    comparison: settings.ComparisonOperator ?? 'GreaterThanThreshold',
    evaluationPeriods,
    datapointsToAlarm: settings.DatapointsToAlarm ?? evaluationPeriods,
    treatMissingData: settings.TreatMissingData ?? 'missing',
  };
  const verdict = judgeAlarm(rule, range);
  if (verdict.state === undefined || verdict.state === alarm.state.value) return;
  setState(cloudwatch, alarm, verdict.state, verdict.reason, reasonData(cloudwatch, alarm, rule, verdict));
}

/** Judges the alarms of a series that got data. */
export function judgeAlarmsOf(cloudwatch: CloudwatchState, series: Series): void {
  for (const alarm of cloudwatch.alarms.values()) {
    if (alarm.queries.metricKeys.has(series.key)) judge(cloudwatch, alarm);
  }
}

/** Judges all alarms; a new one is left alone for its first period, as CloudWatch does before its first look. */
export function judgeAll(cloudwatch: CloudwatchState): void {
  const now = cloudwatch.kernel.clock.now().getTime();
  for (const alarm of cloudwatch.alarms.values()) {
    if (now - alarm.configuredAt.getTime() >= periodOf(cloudwatch, alarm)) judge(cloudwatch, alarm);
  }
}

function reasonData(cloudwatch: CloudwatchState, alarm: Alarm, rule: AlarmRule, verdict: Verdict): string {
  const oldest = verdict.recent.at(-1);
  return JSON.stringify({
    version: '1.0',
    queryDate: stamp(cloudwatch.kernel.clock.now()),
    ...(oldest && { startDate: stamp(new Date(oldest.time)) }),
    ...(alarm.settings.Statistic !== undefined && { statistic: alarm.settings.Statistic }),
    period: alarm.queries.period,
    recentDatapoints: verdict.recent.map(({ value }) => value),
    threshold: rule.threshold,
  });
}

/** Changes an alarm's state: history, and the event on the bus when the value is another one. */
export function setState(
  cloudwatch: CloudwatchState,
  alarm: Alarm,
  value: StateValue,
  reason: string,
  reasonDataText?: string,
): void {
  const previous = alarm.state;
  const at = cloudwatch.kernel.clock.now();
  alarm.state = { value, reason, reasonData: reasonDataText, at };
  if (value === previous.value) return;
  alarm.transitionedAt = at;
  remember(cloudwatch, {
    alarmName: alarm.name,
    at,
    type: 'StateUpdate',
    summary: `Alarm updated from ${previous.value} to ${value}`,
    data: { version: '1.0', oldState: shown(previous), newState: shown(alarm.state) },
  });
  announce(cloudwatch, alarm, previous);
  sayActions(cloudwatch, alarm);
}

function shown(state: AlarmState): object {
  return {
    stateValue: state.value,
    stateReason: state.reason,
    ...(state.reasonData !== undefined && { stateReasonData: JSON.parse(state.reasonData) as unknown }),
  };
}

/** There is no SNS here: an action that would have been taken is said in the region's log. */
function sayActions(cloudwatch: CloudwatchState, alarm: Alarm): void {
  const { settings, state } = alarm;
  if (settings.ActionsEnabled === false) return;
  const actions = {
    ALARM: settings.AlarmActions,
    OK: settings.OKActions,
    INSUFFICIENT_DATA: settings.InsufficientDataActions,
  }[state.value];
  for (const action of actions ?? []) {
    cloudwatch.kernel.log(`alarm ${alarm.name} is ${state.value}; its action ${action} is not played here`);
  }
}

/** "CloudWatch Alarm State Change", as EventBridge carries it (CloudWatch user guide, "Alarm events and EventBridge"). */
function announce(cloudwatch: CloudwatchState, alarm: Alarm, previous: AlarmState): void {
  const state = (each: AlarmState): object => ({
    value: each.value,
    reason: each.reason,
    ...(each.reasonData !== undefined && { reasonData: each.reasonData }),
    timestamp: stamp(each.at),
  });
  cloudwatch.kernel.putEvent({
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    resources: [alarm.arn],
    detail: {
      alarmName: alarm.name,
      state: state(alarm.state),
      previousState: state(previous),
      configuration: {
        ...(alarm.settings.AlarmDescription !== undefined && {
          description: alarm.settings.AlarmDescription,
        }),
        metrics: shownMetrics(alarm),
      },
    },
  });
}

function shownMetrics(alarm: Alarm): object[] {
  return [...alarm.queries.sources].map(([id, source]) => {
    const returnData = id === alarm.judged;
    if (source.kind === 'expression') {
      const text = alarm.settings.Metrics?.find((query) => query.Id === id)?.Expression;
      return { id, expression: text, returnData };
    }
    const { namespace, name, dimensions } = source.metric;
    return {
      id,
      metricStat: {
        metric: {
          namespace,
          name,
          dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
        },
        period: source.period,
        stat: source.statistic,
      },
      returnData,
    };
  });
}

/** `2026-11-22T13:01:00.000+0000`, CloudWatch's form in events and reason data. */
function stamp(date: Date): string {
  return date.toISOString().replace('Z', '+0000');
}
