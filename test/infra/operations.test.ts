import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ofType, root, synthesize, writeStubBundles } from './support/synthesize.ts';

const bundleDir = writeStubBundles();
afterAll(() => rmSync(bundleDir, { recursive: true }));
const { operations } = synthesize({ bundleDir });

const pages = readdirSync(join(root, 'docs/runbooks'))
  .filter((file) => file !== 'README.md')
  .sort();

test('each alarm has a page that says what to do, and names it', () => {
  const alarms = ofType(operations, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
  for (const { AlarmName, AlarmDescription } of alarms) {
    const page = `${String(AlarmName).replace(/^trivet-/, '')}.md`;
    expect(pages).toContain(page);
    expect(AlarmDescription).toContain(`docs/runbooks/${page}`);
  }
});

test('each page of an alarm has description, investigation and resolution', () => {
  const ofAlarms = pages.filter((page) =>
    readFileSync(join(root, 'docs/runbooks', page), 'utf8').includes('\nAlarm: '),
  );
  expect(ofAlarms.length).toBeGreaterThanOrEqual(6);
  for (const page of ofAlarms) {
    const text = readFileSync(join(root, 'docs/runbooks', page), 'utf8');
    const headings = text.match(/^## .*$/gm);
    expect(headings).toEqual(['## Description', '## Investigation', '## Resolution']);
    expect(text).toContain(`Alarm: \`trivet-${page.replace('.md', '')}\``);
  }
});

test('an alarm goes to the topic that the deployer names, and to none without one', () => {
  for (const { Properties } of ofType(operations, 'AWS::CloudWatch::Alarm')) {
    expect(Properties.AlarmActions).toEqual({
      'Fn::If': ['AlarmTopicNamed', [{ Ref: 'AlarmTopicArn' }], { Ref: 'AWS::NoValue' }],
    });
  }
});

test('sweep and watches run once a minute, are not repeated by the schedule, and what is not delivered is kept', () => {
  const schedules = ofType(operations, 'AWS::Scheduler::Schedule').map(({ Properties }) => Properties);
  expect(schedules.map(({ Name }) => Name)).toEqual([
    'trivet-sweep',
    'trivet-watch-etcd',
    'trivet-watch-kubernetes',
    'trivet-watch-workers',
    'trivet-watch-demand',
  ]);
  const queue = ofType(operations, 'AWS::SQS::Queue')[0]?.id;
  for (const schedule of schedules) {
    expect(schedule).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Input: '{}',
        RetryPolicy: { MaximumRetryAttempts: 0 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queue, 'Arn'] } },
      },
    });
  }
});

test('Lambda repeats no watch, and the sweep once, which may be all that is told of a spot interruption', () => {
  const configs = ofType(operations, 'AWS::Lambda::EventInvokeConfig').map(({ Properties }) => [
    JSON.stringify(Properties.FunctionName)
      .match(/sweep|watch[a-z]+?(?=function)/i)?.[0]
      ?.toLowerCase(),
    Properties.MaximumRetryAttempts,
    Properties.MaximumEventAgeInSeconds,
  ]);
  expect(configs).toEqual([
    ['sweep', 1, 120],
    ['watchetcd', 0, 60],
    ['watchkubernetes', 0, 60],
    ['watchworkers', 0, 60],
    ['watchdemand', 0, 60],
  ]);
});

test('events go to the sweep with what they name, and what is not delivered is kept', () => {
  const rules = ofType(operations, 'AWS::Events::Rule').map(({ Properties }) => Properties);
  const groupScope = (reason: string) =>
    `{"scope":{"autoScalingGroupName":<detail-AutoScalingGroupName>,"instanceId":<detail-EC2InstanceId>,"reason":"${reason}"}}`;
  const templates = rules.map(({ Name, Targets }) => {
    const [target] = Targets as [{ InputTransformer: { InputTemplate: string }; DeadLetterConfig?: unknown }];
    expect(target.DeadLetterConfig).toBeDefined();
    return [Name, target.InputTransformer.InputTemplate];
  });
  expect(Object.fromEntries(templates)).toEqual({
    'trivet-instance-waits': groupScope('EC2 Instance-launch Lifecycle Action'),
    'trivet-launch-failed':
      '{"scope":{"autoScalingGroupName":<detail-AutoScalingGroupName>,"reason":"EC2 Instance Launch Unsuccessful"}}',
    'trivet-instance-terminated': groupScope('EC2 Instance Terminate Successful'),
    'trivet-worker-leaves': groupScope('EC2 Instance-terminate Lifecycle Action'),
    'trivet-spot-interruption':
      '{"scope":{"instanceId":<detail-instance-id>,"cause":"spot-interruption","reason":"EC2 Spot Instance Interruption Warning"}}',
    'trivet-rebalance-recommended':
      '{"scope":{"instanceId":<detail-instance-id>,"cause":"rebalance","reason":"EC2 Instance Rebalance Recommendation"}}',
    'trivet-change-scheduled':
      '{"scope":{"affectedEntities":<detail-affectedEntities>,"cause":"health-event","reason":"AWS Health Event"}}',
    'trivet-demand-changed': '{"scope":{"objectKey":<detail-object-key>,"reason":"Object Created"}}',
    'trivet-workers-observed': '{"scope":{"objectKey":<detail-object-key>,"reason":"Object Created"}}',
    'trivet-instance-stopped':
      '{"scope":{"instanceId":<detail-instance-id>,"reason":"EC2 Instance State-change Notification"}}',
  });
});

test.each([
  ['trivet-workers-observed', '/observations/workers.json', 'sweep'],
  ['trivet-demand-changed', '/observations/demand-change.json', 'watchworkers'],
])(
  'of the objects in the bucket, %s is told of those that end with %s, and calls %s',
  (name, suffix, looker) => {
    const rules = ofType(operations, 'AWS::Events::Rule').map(({ Properties }) => Properties);
    const rule = rules.find(({ Name }) => Name === name);
    expect(rule?.EventPattern).toMatchObject({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { object: { key: [{ suffix }] } },
    });
    expect(JSON.stringify(rule?.EventPattern)).toContain('trivet-');
    expect(JSON.stringify(rule?.Targets).toLowerCase()).toContain(looker);
  },
);

test("a group's events are taken from the deployment's groups only", () => {
  const patterns = ofType(operations, 'AWS::Events::Rule').map(({ Properties }) => Properties.EventPattern);
  const ofGroups = patterns.filter((pattern) => JSON.stringify(pattern).includes('aws.autoscaling'));
  expect(ofGroups).toHaveLength(4);
  for (const pattern of ofGroups) {
    expect(pattern).toMatchObject({ detail: { AutoScalingGroupName: [{ prefix: 'trivet-' }] } });
  }
});

test('the dashboard shows every alarm, every workflow and what was decided last', () => {
  const [dashboard, ...others] = ofType(operations, 'AWS::CloudWatch::Dashboard');
  expect(others).toEqual([]);
  expect(dashboard?.Properties.DashboardName).toBe('trivet');
  const body = JSON.stringify(dashboard?.Properties.DashboardBody);
  for (const { id } of ofType(operations, 'AWS::CloudWatch::Alarm')) expect(body).toContain(id);
  for (const file of readdirSync(join(root, 'workflows')).filter((name) => name.endsWith('.asl.json')))
    expect(body).toContain(file.replace('.asl.json', ''));
  expect(body).toContain('/trivet/tasks');
});

/** Metrics of tasks that the template names, as task/metric. */
function metricsWatched(): string[] {
  const text = JSON.stringify(
    ofType(operations, 'AWS::CloudWatch::Dashboard').map(({ Properties }) => Properties),
  );
  const onDashboard = [
    ...text.replaceAll('\\', '').matchAll(/"Trivet","(\w+)",[^[\]]*?"service","([a-z-]+)"/g),
  ];
  type Dimension = { readonly Name: string; readonly Value: string };
  const alarmed = ofType(operations, 'AWS::CloudWatch::Alarm').flatMap(({ Properties }) => {
    const {
      Dimensions = [],
      MetricName = '',
      Namespace,
    } = Properties as {
      Dimensions?: Dimension[];
      MetricName?: string;
      Namespace?: string;
    };
    const service = Dimensions.find(({ Name }) => Name === 'service')?.Value;
    return Namespace === 'Trivet' ? [`${service}/${MetricName}`] : [];
  });
  return [
    ...new Set([...onDashboard.map(([, metric, service]) => `${service}/${metric}`), ...alarmed]),
  ].sort();
}

test('what the dashboard and the alarms watch is what tasks count', () => {
  const counts = (folder: string) =>
    readdirSync(join(root, 'functions', folder))
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => {
        const source = readFileSync(join(root, 'functions', folder, file), 'utf8');
        return Array.from(source.matchAll(/metrics\s*\.count\(\s*'(\w+)'/g), ([, metric]) => metric);
      });
  const counted = new Set(
    readdirSync(join(root, 'functions'))
      .filter((name) => !name.includes('.'))
      .flatMap(counts),
  );
  const watched = metricsWatched();
  expect(watched).toContain('resize-pools/WorkersAsked');
  expect(watched.filter((one) => !counted.has(one.split('/')[1] ?? ''))).toEqual([]);
});
