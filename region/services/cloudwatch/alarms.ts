import type {
  CloudWatch,
  DescribeAlarmHistoryCommandInput,
  DescribeAlarmsCommandInput,
  MetricAlarm,
  PutMetricAlarmInput,
  SetAlarmStateCommandInput,
  Tag,
} from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { pageAfter } from '../common/page.ts';
import { checkAlarm } from './check-alarm.ts';
import { invalid } from './metric-data.ts';
import { keyOf } from './metrics.ts';
import { type Alarm, type CloudwatchState, remember } from './state.ts';
import { setState } from './watch-alarms.ts';

/** Metric alarms. Composite alarms are not played. */
export function alarmOperations(cloudwatch: CloudwatchState) {
  return {
    putMetricAlarm: (input) => putMetricAlarm(cloudwatch, input),
    describeAlarms: (input) => describeAlarms(cloudwatch, input),
    describeAlarmsForMetric: (input) => {
      const key = keyOf({
        namespace: input.Namespace ?? '',
        name: input.MetricName ?? '',
        dimensions: input.Dimensions ?? [],
      });
      const asked = [...cloudwatch.alarms.values()].filter((alarm) => alarm.queries.metricKeys.has(key));
      return { MetricAlarms: asked.map(describe) };
    },
    deleteAlarms: (input) => {
      const names = input.AlarmNames ?? [];
      if (names.length > 100) throw invalid('No more than 100 alarms can be deleted at once.');
      for (const name of names) {
        if (!cloudwatch.alarms.delete(name)) continue;
        remember(cloudwatch, {
          alarmName: name,
          at: cloudwatch.kernel.clock.now(),
          type: 'ConfigurationUpdate',
          summary: `Alarm "${name}" deleted`,
          data: { version: '1.0', type: 'Delete' },
        });
      }
      return {};
    },
    setAlarmState: (input) => setAlarmState(cloudwatch, input),
    enableAlarmActions: (input) => setActions(cloudwatch, input.AlarmNames, true),
    disableAlarmActions: (input) => setActions(cloudwatch, input.AlarmNames, false),
    describeAlarmHistory: (input) => describeAlarmHistory(cloudwatch, input),
    ...tagOperations(cloudwatch),
  } satisfies Operations<CloudWatch>;
}

function tagOperations(cloudwatch: CloudwatchState) {
  const tagged = (arn: string | undefined): Alarm => {
    const alarm = [...cloudwatch.alarms.values()].find((each) => each.arn === arn);
    if (alarm) return alarm;
    throw new AwsError('ResourceNotFoundException', `Unknown resource ${arn}`, { status: 404 });
  };
  return {
    tagResource: (input) => {
      const alarm = tagged(input.ResourceARN);
      alarm.tags = mergeTags(alarm.tags, input.Tags ?? []);
      return {};
    },
    untagResource: (input) => {
      const alarm = tagged(input.ResourceARN);
      alarm.tags = alarm.tags.filter((tag) => !input.TagKeys?.includes(tag.Key ?? ''));
      return {};
    },
    listTagsForResource: (input) => ({ Tags: [...tagged(input.ResourceARN).tags] }),
  } satisfies Operations<CloudWatch>;
}

function mergeTags(tags: readonly Tag[], added: readonly Tag[]): Tag[] {
  const names = new Set(added.map((tag) => tag.Key));
  const merged = [...tags.filter((tag) => !names.has(tag.Key)), ...added];
  if (merged.length > 50) throw invalid('A resource can have no more than 50 tags.');
  return merged;
}

/** An update replaces the alarm's configuration and keeps its state and tags. */
function putMetricAlarm(cloudwatch: CloudwatchState, input: PutMetricAlarmInput) {
  const { queries, judged } = checkAlarm(input);
  const name = input.AlarmName ?? '';
  const at = cloudwatch.kernel.clock.now();
  const { region, accountId } = cloudwatch.kernel;
  const existing = cloudwatch.alarms.get(name);
  const alarm: Alarm = existing ?? {
    name,
    arn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
    createdAt: at,
    configuredAt: at,
    settings: input,
    queries,
    judged,
    state: { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', at },
    transitionedAt: at,
    tags: mergeTags([], input.Tags ?? []),
  };
  Object.assign(alarm, { settings: input, queries, judged, configuredAt: at });
  cloudwatch.alarms.set(name, alarm);
  const verb = existing ? 'updated' : 'created';
  remember(cloudwatch, {
    alarmName: name,
    at,
    type: 'ConfigurationUpdate',
    summary: `Alarm "${name}" ${verb}`,
    data: { version: '1.0', type: existing ? 'Update' : 'Create' },
  });
  return {};
}

function setAlarmState(cloudwatch: CloudwatchState, input: SetAlarmStateCommandInput) {
  const alarm = alarmOf(cloudwatch, input.AlarmName);
  const value = input.StateValue;
  if (value !== 'OK' && value !== 'ALARM' && value !== 'INSUFFICIENT_DATA') {
    throw invalid(`The value ${value} for parameter StateValue is not valid.`);
  }
  if (input.StateReasonData !== undefined) checkJson(input.StateReasonData);
  setState(cloudwatch, alarm, value, input.StateReason ?? '', input.StateReasonData);
  return {};
}

function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new AwsError('InvalidFormat', 'StateReasonData was not syntactically valid JSON.');
  }
}

function alarmOf(cloudwatch: CloudwatchState, name: string | undefined): Alarm {
  const alarm = cloudwatch.alarms.get(name ?? '');
  if (alarm) return alarm;
  throw new AwsError('ResourceNotFound', `Alarm ${name} does not exist.`, { status: 404 });
}

/** Names that are not there are passed over, as CloudWatch does. */
function setActions(cloudwatch: CloudwatchState, names: readonly string[] | undefined, enabled: boolean) {
  for (const name of names ?? []) {
    const alarm = cloudwatch.alarms.get(name);
    if (alarm) alarm.settings = { ...alarm.settings, ActionsEnabled: enabled };
  }
  return {};
}

function invalidToken(): AwsError {
  return new AwsError('InvalidNextToken', 'The next token specified is invalid.');
}

function describeAlarms(cloudwatch: CloudwatchState, input: DescribeAlarmsCommandInput) {
  if (input.AlarmNames !== undefined && input.AlarmNamePrefix !== undefined) {
    throw new AwsError(
      'InvalidParameterCombination',
      'AlarmNames and AlarmNamePrefix cannot be used together.',
    );
  }
  if (input.AlarmTypes && !input.AlarmTypes.includes('MetricAlarm'))
    return { CompositeAlarms: [], MetricAlarms: [] };
  const asked = [...cloudwatch.alarms.values()].filter(
    ({ name, state, settings }) =>
      (input.AlarmNames === undefined || input.AlarmNames.includes(name)) &&
      name.startsWith(input.AlarmNamePrefix ?? '') &&
      (input.StateValue === undefined || state.value === input.StateValue) &&
      (input.ActionPrefix === undefined ||
        settings.AlarmActions?.some((action) => action.startsWith(input.ActionPrefix ?? ''))),
  );
  const limit = input.MaxRecords ?? 50;
  if (limit < 1 || limit > 100) throw invalid('MaxRecords must be between 1 and 100.');
  const { items, nextToken } = pageAfter(asked, (alarm) => alarm.name, limit, input.NextToken, invalidToken);
  return {
    CompositeAlarms: [],
    MetricAlarms: items.map(describe),
    ...(nextToken !== undefined && { NextToken: nextToken }),
  };
}

function describe(alarm: Alarm): MetricAlarm {
  const { Tags: _tags, EvaluationPeriods, ...settings } = alarm.settings;
  return {
    ...settings,
    EvaluationPeriods,
    AlarmArn: alarm.arn,
    ActionsEnabled: alarm.settings.ActionsEnabled ?? true,
    OKActions: alarm.settings.OKActions ?? [],
    AlarmActions: alarm.settings.AlarmActions ?? [],
    InsufficientDataActions: alarm.settings.InsufficientDataActions ?? [],
    // An alarm on metric math has `Metrics`, any other its one metric's dimensions.
    ...(alarm.settings.Metrics === undefined && { Dimensions: alarm.settings.Dimensions ?? [] }),
    AlarmConfigurationUpdatedTimestamp: alarm.configuredAt,
    StateValue: alarm.state.value,
    StateReason: alarm.state.reason,
    ...(alarm.state.reasonData !== undefined && { StateReasonData: alarm.state.reasonData }),
    StateUpdatedTimestamp: alarm.state.at,
    StateTransitionedTimestamp: alarm.transitionedAt,
  };
}

function describeAlarmHistory(cloudwatch: CloudwatchState, input: DescribeAlarmHistoryCommandInput) {
  const [start, end] = [
    input.StartDate?.getTime() ?? 0,
    input.EndDate?.getTime() ?? Number.POSITIVE_INFINITY,
  ];
  const newestFirst = input.ScanBy !== 'TimestampAscending';
  const numbered = cloudwatch.history.map((item, index) => {
    const position = newestFirst ? 1_000_000_000 - index : index;
    return { item, key: String(position).padStart(10, '0') };
  });
  const asked = numbered.filter(
    ({ item }) =>
      (input.AlarmName === undefined || item.alarmName === input.AlarmName) &&
      (input.HistoryItemType === undefined || item.type === input.HistoryItemType) &&
      item.at.getTime() >= start &&
      item.at.getTime() <= end,
  );
  const limit = input.MaxRecords ?? 50;
  const { items, nextToken } = pageAfter(asked, (each) => each.key, limit, input.NextToken, invalidToken);
  return {
    AlarmHistoryItems: items.map(({ item }) => ({
      AlarmName: item.alarmName,
      AlarmType: 'MetricAlarm' as const,
      Timestamp: item.at,
      HistoryItemType: item.type,
      HistorySummary: item.summary,
      HistoryData: JSON.stringify(item.data),
    })),
    ...(nextToken !== undefined && { NextToken: nextToken }),
  };
}
