import * as z from 'zod';
import { defined, flag, json, number, object, provider, tagRecord, tags, text, texts } from '../provider.ts';

const logGroup = provider({
  type: 'AWS::Logs::LogGroup',
  properties: object({
    LogGroupName: text.optional(),
    RetentionInDays: number.optional(),
    Tags: tags.optional(),
  }),
  attributes: ['Arn'],
  replacedBy: ['LogGroupName'],
  create: async (p, context) => {
    const logGroupName = p.LogGroupName ?? context.name(512);
    await context.call('logs', 'createLogGroup', { logGroupName, tags: tagRecord(p.Tags) });
    if (p.RetentionInDays)
      await context.call('logs', 'putRetentionPolicy', { logGroupName, retentionInDays: p.RetentionInDays });
    const { accountId, region } = context.kernel;
    return {
      physicalId: logGroupName,
      attributes: { Arn: `arn:aws:logs:${region}:${accountId}:log-group:${logGroupName}:*` },
    };
  },
  update: async (existing, p, context) => {
    const logGroupName = existing.physicalId;
    if (p.RetentionInDays)
      await context.call('logs', 'putRetentionPolicy', { logGroupName, retentionInDays: p.RetentionInDays });
    else await context.call('logs', 'deleteRetentionPolicy', { logGroupName });
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('logs', 'deleteLogGroup', { logGroupName: physicalId }),
});

const queueProperties = object({
  QueueName: text.optional(),
  MessageRetentionPeriod: number.optional(),
  VisibilityTimeout: number.optional(),
  SqsManagedSseEnabled: flag.optional(),
  KmsMasterKeyId: text.optional(),
  Tags: tags.optional(),
});

function queueAttributes({
  QueueName: _name,
  Tags: _tags,
  ...p
}: z.infer<typeof queueProperties>): Record<string, string> {
  return Object.fromEntries(Object.entries(defined(p)).map(([name, value]) => [name, String(value)]));
}

const queue = provider({
  type: 'AWS::SQS::Queue',
  properties: queueProperties,
  attributes: ['Arn', 'QueueName', 'QueueUrl'],
  replacedBy: ['QueueName'],
  create: async (p, context) => {
    const QueueName = p.QueueName ?? context.name(80);
    const { QueueUrl } = await context.call<{ QueueUrl: string }>('sqs', 'createQueue', {
      QueueName,
      Attributes: queueAttributes(p),
      ...(p.Tags ? { tags: tagRecord(p.Tags) } : {}),
    });
    const { accountId, region } = context.kernel;
    const Arn = `arn:aws:sqs:${region}:${accountId}:${QueueName}`;
    return { physicalId: QueueUrl, attributes: { Arn, QueueName, QueueUrl } };
  },
  update: async (existing, p, context) => {
    await context.call('sqs', 'setQueueAttributes', {
      QueueUrl: existing.physicalId,
      Attributes: queueAttributes(p),
    });
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('sqs', 'deleteQueue', { QueueUrl: physicalId }),
});

const queuePolicy = provider({
  type: 'AWS::SQS::QueuePolicy',
  properties: object({ Queues: texts, PolicyDocument: json }),
  replacedBy: ['Queues'],
  create: async (p, context) => {
    const Attributes = { Policy: JSON.stringify(p.PolicyDocument) };
    for (const QueueUrl of p.Queues)
      await context.call('sqs', 'setQueueAttributes', { QueueUrl, Attributes });
    return { physicalId: context.name(128) };
  },
  update: async (existing, p, context) => {
    const Attributes = { Policy: JSON.stringify(p.PolicyDocument) };
    for (const QueueUrl of p.Queues)
      await context.call('sqs', 'setQueueAttributes', { QueueUrl, Attributes });
    return existing;
  },
  remove: async ({ properties }, context) => {
    for (const QueueUrl of properties.Queues)
      await context.call('sqs', 'setQueueAttributes', { QueueUrl, Attributes: { Policy: '' } });
  },
});

const dimensions = object({ Name: text, Value: text }).array();

const alarmProperties = object({
  AlarmName: text.optional(),
  AlarmDescription: text.optional(),
  AlarmActions: texts.optional(),
  OKActions: texts.optional(),
  ComparisonOperator: text,
  EvaluationPeriods: number,
  DatapointsToAlarm: number.optional(),
  Threshold: number,
  TreatMissingData: text.optional(),
  Namespace: text.optional(),
  MetricName: text.optional(),
  Dimensions: dimensions.optional(),
  Period: number.optional(),
  Statistic: text.optional(),
  Metrics: object({
    Id: text,
    Expression: text.optional(),
    Label: text.optional(),
    ReturnData: flag.optional(),
    MetricStat: object({
      Metric: object({ Namespace: text, MetricName: text, Dimensions: dimensions.optional() }),
      Period: number,
      Stat: text,
    }).optional(),
  })
    .array()
    .optional(),
  Tags: tags.optional(),
});

const alarm = provider({
  type: 'AWS::CloudWatch::Alarm',
  properties: alarmProperties,
  attributes: ['Arn'],
  replacedBy: ['AlarmName'],
  create: async (p, context) => {
    const AlarmName = p.AlarmName ?? context.name(255);
    await context.call('cloudwatch', 'putMetricAlarm', withoutUndefined({ ...p, AlarmName }));
    const { accountId, region } = context.kernel;
    return {
      physicalId: AlarmName,
      attributes: { Arn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${AlarmName}` },
    };
  },
  update: async (existing, { Tags: _tags, ...p }, context) => {
    await context.call(
      'cloudwatch',
      'putMetricAlarm',
      withoutUndefined({ ...p, AlarmName: existing.physicalId }),
    );
    return existing;
  },
  remove: ({ physicalId }, context) =>
    context.call('cloudwatch', 'deleteAlarms', { AlarmNames: [physicalId] }),
});

const dashboard = provider({
  type: 'AWS::CloudWatch::Dashboard',
  properties: object({ DashboardName: text.optional(), DashboardBody: text }),
  attributes: [],
  replacedBy: ['DashboardName'],
  create: async ({ DashboardBody, DashboardName }, context) => {
    const physicalId = DashboardName ?? context.name(255);
    await context.call('cloudwatch', 'putDashboard', { DashboardName: physicalId, DashboardBody });
    return { physicalId, attributes: {} };
  },
  update: async (existing, { DashboardBody }, context) => {
    await context.call('cloudwatch', 'putDashboard', { DashboardName: existing.physicalId, DashboardBody });
    return existing;
  },
  remove: ({ physicalId }, context) =>
    context.call('cloudwatch', 'deleteDashboards', { DashboardNames: [physicalId] }),
});

/** The nested members of an alarm without those that the template does not have. */
function withoutUndefined(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}

/** What CDK says of itself when its analytics are on. Nothing is made. */
const metadata = provider({
  type: 'AWS::CDK::Metadata',
  properties: z.record(z.string(), z.unknown()),
  create: async (_p, context) => ({ physicalId: context.name(64) }),
  update: async (existing) => existing,
  remove: async () => undefined,
});

export const operationsProviders = [logGroup, queue, queuePolicy, alarm, dashboard, metadata];
