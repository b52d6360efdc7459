import { beforeEach, describe, expect, test } from 'vitest';
import type { AwsEvent, Kernel } from '../../../region/kernel/kernel.ts';
import { type CloudwatchService, createCloudwatch } from '../../../region/services/cloudwatch/index.ts';
import { createSqs } from '../../../region/services/sqs/index.ts';
import { eventually } from '../../support/eventually.ts';
import { caller, refusal, refusedWith, regionOf } from './support.ts';

let kernel: Kernel;
let cloudwatch: ReturnType<typeof caller>;
let events: AwsEvent[];

const Dimensions = [
  { Name: 'service', Value: 'sweep' },
  { Name: 'deployment', Value: 'trivet' },
];
const alarm = {
  AlarmName: 'trivet-slot-held',
  AlarmDescription: 'A slot is held.',
  Namespace: 'Trivet',
  MetricName: 'SlotHeld',
  Dimensions,
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  TreatMissingData: 'notBreaching',
};

beforeEach(async () => {
  // A second of alarm time is a millisecond here.
  kernel = await regionOf({ scheduleScale: 0.001 }, createSqs, createCloudwatch);
  cloudwatch = caller(kernel, 'cloudwatch');
  events = [];
  kernel.onEvent((event) => void events.push(event));
});

const put = (MetricName: string, Value: number, extra: object = {}) =>
  cloudwatch('putMetricData', {
    Namespace: 'Trivet',
    MetricData: [{ MetricName, Value, Dimensions, ...extra }],
  });

async function stateOf(AlarmName: string): Promise<string | undefined> {
  const { MetricAlarms } = await cloudwatch<{ MetricAlarms: { StateValue: string }[] }>('describeAlarms', {
    AlarmNames: [AlarmName],
  });
  return MetricAlarms[0]?.StateValue;
}

describe('metrics', () => {
  test('values are kept by name and dimensions in any order, and given back as statistics', async () => {
    const start = kernel.clock.now().getTime();
    await put('Heals', 2);
    await put('Heals', 4, { Dimensions: Dimensions.toReversed() });
    expect(await cloudwatch('listMetrics', { Namespace: 'Trivet' })).toEqual({
      Metrics: [{ Namespace: 'Trivet', MetricName: 'Heals', Dimensions }],
    });
    const { Datapoints } = await cloudwatch<{ Datapoints: object[] }>('getMetricStatistics', {
      Namespace: 'Trivet',
      MetricName: 'Heals',
      Dimensions,
      StartTime: new Date(start - 3_600_000),
      EndTime: new Date(start + 3_600_000),
      Period: 7200,
      Statistics: ['Sum', 'Average', 'SampleCount', 'Minimum', 'Maximum'],
      ExtendedStatistics: ['p50'],
    });
    const sum = Datapoints.reduce((total: number, each) => total + ((each as { Sum: number }).Sum ?? 0), 0);
    expect(sum).toBe(6);
  });

  test('metric math adds metrics, and needs data of each', async () => {
    const now = kernel.clock.now().getTime();
    await put('failed', 2);
    const query = (Id: string) => ({
      Id,
      MetricStat: {
        Metric: { Namespace: 'Trivet', MetricName: Id, Dimensions },
        Period: 86_400,
        Stat: 'Sum',
      },
      ReturnData: false,
    });
    const read = async (Expression: string) => {
      const { MetricDataResults } = await cloudwatch<{ MetricDataResults: { Values: number[] }[] }>(
        'getMetricData',
        {
          StartTime: new Date(now - 1000),
          EndTime: new Date(now + 1000),
          MetricDataQueries: [query('failed'), query('timedOut'), { Id: 'all', Expression }],
        },
      );
      return MetricDataResults[0]?.Values;
    };
    expect(await read('failed + timedOut')).toEqual([]);
    expect(await read('(failed + FILL(timedOut, 0)) * 10 / 4')).toEqual([5]);
    expect(await read('SUM([failed, timedOut])')).toEqual([2]);
    await put('timedOut', 1);
    expect(await read('failed + timedOut')).toEqual([3]);
    expect(await refusedWith(read('failed +'))).toBe('ValidationError');
    expect(await refusedWith(read('failed + other'))).toBe('ValidationError');
    expect(await refusedWith(read('RATE(failed)'))).toBe('NotImplementedByEmbeddedRegion');
  });

  test('REPEAT fills with the value before, and not before the first one', async () => {
    const minute = (ago: number) =>
      new Date(Math.floor(kernel.clock.now().getTime() / 60_000 - ago) * 60_000);
    await put('Heals', 2, { Timestamp: minute(4) });
    await put('Heals', 3, { Timestamp: minute(2) });
    const read = async (Expression: string) => {
      const { MetricDataResults } = await cloudwatch<{ MetricDataResults: { Values: number[] }[] }>(
        'getMetricData',
        {
          StartTime: minute(6),
          EndTime: minute(0),
          ScanBy: 'TimestampAscending',
          MetricDataQueries: [
            {
              Id: 'heals',
              MetricStat: {
                Metric: { Namespace: 'Trivet', MetricName: 'Heals', Dimensions },
                Period: 60,
                Stat: 'Sum',
              },
              ReturnData: false,
            },
            { Id: 'filled', Expression },
          ],
        },
      );
      return MetricDataResults[0]?.Values;
    };
    expect(await read('FILL(heals, REPEAT)')).toEqual([2, 2, 3, 3]);
    expect(await read('FILL(heals, 0) + 0 * FILL(heals, REPEAT)')).toEqual([2, 0, 3, 0]);
    expect(await refusedWith(read('FILL(heals, LINEAR)'))).toBe('NotImplementedByEmbeddedRegion');
    expect(await refusedWith(read('heals + REPEAT'))).toBe('ValidationError');
  });

  test('namespaces of AWS, contradictory values and old times are refused', async () => {
    const send = (Namespace: string, datum: object) =>
      refusedWith(cloudwatch('putMetricData', { Namespace, MetricData: [{ MetricName: 'm', ...datum }] }));
    expect(await send('AWS/Lambda', { Value: 1 })).toBe('InvalidParameterValue');
    expect(await send('Trivet', { Value: 1, Values: [1] })).toBe('InvalidParameterCombination');
    expect(await send('Trivet', {})).toBe('MissingParameter');
    expect(await send('Trivet', { Value: Number.NaN })).toBe('InvalidParameterValue');
    expect(await send('Trivet', { Value: 1, Timestamp: new Date(0) })).toBe('InvalidParameterValue');
  });

  test('a log line in the embedded metric format becomes metrics, any other line does not', async () => {
    const service = kernel.service('cloudwatch') as CloudwatchService;
    const line = JSON.stringify({
      _aws: {
        Timestamp: kernel.clock.now().getTime(),
        CloudWatchMetrics: [
          {
            Namespace: 'Trivet',
            Dimensions: [['service', 'deployment']],
            Metrics: [{ Name: 'SlotHeld', Unit: 'Count' }],
          },
        ],
      },
      service: 'hold-slot',
      deployment: 'trivet',
      SlotHeld: [1, 1],
    });
    expect(service.ingestEmf(line)).toBe(true);
    expect(service.ingestEmf('{"_aws": broken')).toBe(false);
    expect(service.ingestEmf('plain text')).toBe(false);
    expect(await cloudwatch('listMetrics', { MetricName: 'SlotHeld' })).toEqual({
      Metrics: [
        {
          Namespace: 'Trivet',
          MetricName: 'SlotHeld',
          Dimensions: [
            { Name: 'service', Value: 'hold-slot' },
            { Name: 'deployment', Value: 'trivet' },
          ],
        },
      ],
    });
  });
});

describe('alarms', () => {
  test('new data raises an alarm at once, silence ends it, and both are events', async () => {
    await cloudwatch('putMetricAlarm', alarm);
    expect(await stateOf('trivet-slot-held')).toBe('INSUFFICIENT_DATA');
    await put('SlotHeld', 1);
    expect(await stateOf('trivet-slot-held')).toBe('ALARM');
    expect(events).toMatchObject([
      {
        source: 'aws.cloudwatch',
        'detail-type': 'CloudWatch Alarm State Change',
        resources: ['arn:aws:cloudwatch:us-east-1:123456789012:alarm:trivet-slot-held'],
        detail: {
          alarmName: 'trivet-slot-held',
          state: { value: 'ALARM' },
          previousState: { value: 'INSUFFICIENT_DATA' },
          configuration: {
            description: 'A slot is held.',
            metrics: [
              { metricStat: { metric: { namespace: 'Trivet', name: 'SlotHeld' }, stat: 'Sum', period: 60 } },
            ],
          },
        },
      },
    ]);
    await eventually(async () => (await stateOf('trivet-slot-held')) === 'OK');
    expect(events.map((event) => (event.detail.state as { value: string }).value)).toEqual(['ALARM', 'OK']);
    const { AlarmHistoryItems } = await cloudwatch<{ AlarmHistoryItems: { HistorySummary: string }[] }>(
      'describeAlarmHistory',
      { AlarmName: 'trivet-slot-held', HistoryItemType: 'StateUpdate' },
    );
    expect(AlarmHistoryItems.map((item) => item.HistorySummary)).toEqual([
      'Alarm updated from ALARM to OK',
      'Alarm updated from INSUFFICIENT_DATA to ALARM',
    ]);
  });

  test('an alarm for which silence is bad is raised by silence', async () => {
    await cloudwatch('putMetricAlarm', { ...alarm, TreatMissingData: 'breaching' });
    await eventually(async () => (await stateOf('trivet-slot-held')) === 'ALARM');
  });

  test('an alarm on metric math judges the one expression that returns data', async () => {
    const metric = (Id: string) => ({
      Id,
      MetricStat: { Metric: { Namespace: 'Trivet', MetricName: Id, Dimensions }, Period: 60, Stat: 'Sum' },
      ReturnData: false,
    });
    const { Namespace: _n, MetricName: _m, Dimensions: _d, Statistic: _s, Period: _p, ...rest } = alarm;
    const Metrics = [
      metric('failed'),
      metric('timedOut'),
      { Id: 'all', Expression: 'FILL(failed, 0) + FILL(timedOut, 0)' },
    ];
    await cloudwatch('putMetricAlarm', { ...rest, Metrics });
    await put('timedOut', 1);
    expect(await stateOf('trivet-slot-held')).toBe('ALARM');
    const two = [...Metrics, { Id: 'more', Expression: 'failed * 2' }];
    expect(await refusedWith(cloudwatch('putMetricAlarm', { ...rest, Metrics: two }))).toBe(
      'ValidationError',
    );
  });

  test('a queue’s messages reach its alarm', async () => {
    await caller(kernel, 'sqs')('createQueue', { QueueName: 'dead' });
    await cloudwatch('putMetricAlarm', {
      ...alarm,
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: 'dead' }],
      Statistic: 'Maximum',
    });
    await eventually(async () => (await stateOf('trivet-slot-held')) === 'OK');
    const QueueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/dead';
    await caller(kernel, 'sqs')('sendMessage', { QueueUrl, MessageBody: 'x' });
    await eventually(async () => (await stateOf('trivet-slot-held')) === 'ALARM');
  });

  test('a state can be set by hand, and a missing alarm is not found', async () => {
    await cloudwatch('putMetricAlarm', { ...alarm, TreatMissingData: 'ignore' });
    await cloudwatch('setAlarmState', {
      AlarmName: alarm.AlarmName,
      StateValue: 'ALARM',
      StateReason: 'a test',
    });
    expect(await cloudwatch('describeAlarms', { StateValue: 'ALARM' })).toMatchObject({
      MetricAlarms: [{ AlarmName: 'trivet-slot-held', StateReason: 'a test' }],
    });
    expect(
      await refusal(cloudwatch('setAlarmState', { AlarmName: 'none', StateValue: 'OK', StateReason: '' })),
    ).toMatchObject({ code: 'ResourceNotFound', status: 404 });
    await cloudwatch('deleteAlarms', { AlarmNames: [alarm.AlarmName, 'none'] });
    expect(await stateOf('trivet-slot-held')).toBe(undefined);
  });

  test('a configuration that CloudWatch would not take is refused', async () => {
    const refused = (changes: object) => refusedWith(cloudwatch('putMetricAlarm', { ...alarm, ...changes }));
    expect(await refused({ Period: 45 })).toBe('InvalidParameterValue');
    expect(await refused({ EvaluationPeriods: 0 })).toBe('InvalidParameterValue');
    expect(await refused({ DatapointsToAlarm: 2 })).toBe('ValidationError');
    expect(await refused({ EvaluationPeriods: 1441 })).toBe('ValidationError');
    expect(await refused({ ComparisonOperator: 'Near' })).toBe('InvalidParameterValue');
    expect(await refused({ TreatMissingData: 'maybe' })).toBe('InvalidParameterValue');
    expect(await refused({ Statistic: undefined })).toBe('ValidationError');
    expect(await refused({ AlarmActions: ['somewhere'] })).toBe('ValidationError');
  });
});
