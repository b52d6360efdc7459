import * as z from 'zod';
import { defined, json, number, object, type ProviderContext, provider, tags, text } from '../provider.ts';

const retry = object({
  MaximumRetryAttempts: number.optional(),
  MaximumEventAgeInSeconds: number.optional(),
});
const deadLetter = object({ Arn: text });

const target = object({
  Id: text,
  Arn: text,
  RoleArn: text.optional(),
  Input: text.optional(),
  InputPath: text.optional(),
  InputTransformer: object({
    InputPathsMap: object({}).catchall(text).optional(),
    InputTemplate: text,
  }).optional(),
  RetryPolicy: retry.optional(),
  DeadLetterConfig: deadLetter.optional(),
});

const ruleProperties = object({
  Name: text.optional(),
  Description: text.optional(),
  EventPattern: json,
  State: z.enum(['ENABLED', 'DISABLED']).optional(),
  Targets: target.array().optional(),
  Tags: tags.optional(),
});

async function putRule(
  context: ProviderContext,
  Name: string,
  p: z.infer<typeof ruleProperties>,
): Promise<string> {
  const { RuleArn } = await context.call<{ RuleArn: string }>('eventbridge', 'putRule', {
    Name,
    EventPattern: JSON.stringify(p.EventPattern),
    ...defined({ Description: p.Description, State: p.State, Tags: p.Tags }),
  });
  if (p.Targets?.length) {
    const { FailedEntries } = await context.call<{ FailedEntries?: { ErrorMessage?: string }[] }>(
      'eventbridge',
      'putTargets',
      {
        Rule: Name,
        Targets: p.Targets.map(defined),
      },
    );
    if (FailedEntries?.length)
      throw new Error(
        `targets of ${Name}: ${FailedEntries.map(({ ErrorMessage }) => ErrorMessage).join('; ')}`,
      );
  }
  return RuleArn;
}

const rule = provider({
  type: 'AWS::Events::Rule',
  properties: ruleProperties,
  attributes: ['Arn'],
  replacedBy: ['Name'],
  create: async (p, context) => {
    const name = p.Name ?? context.name(64);
    return { physicalId: name, attributes: { Arn: await putRule(context, name, p) } };
  },
  update: async (existing, p, context) => {
    const surplus = (existing.properties.Targets ?? []).filter(
      ({ Id }) => !p.Targets?.some((kept) => kept.Id === Id),
    );
    if (surplus.length > 0) {
      await context.call('eventbridge', 'removeTargets', {
        Rule: existing.physicalId,
        Ids: surplus.map(({ Id }) => Id),
      });
    }
    await putRule(context, existing.physicalId, p);
    return existing;
  },
  remove: async ({ physicalId, properties }, context) => {
    const Ids = (properties.Targets ?? []).map(({ Id }) => Id);
    if (Ids.length > 0) await context.call('eventbridge', 'removeTargets', { Rule: physicalId, Ids });
    await context.call('eventbridge', 'deleteRule', { Name: physicalId });
  },
});

const schedule = provider({
  type: 'AWS::Scheduler::Schedule',
  properties: object({
    Name: text.optional(),
    Description: text.optional(),
    ScheduleExpression: text,
    FlexibleTimeWindow: object({ Mode: text, MaximumWindowInMinutes: number.optional() }),
    State: z.enum(['ENABLED', 'DISABLED']).optional(),
    Target: object({
      Arn: text,
      RoleArn: text,
      Input: text.optional(),
      RetryPolicy: retry.optional(),
      DeadLetterConfig: deadLetter.optional(),
    }),
  }),
  attributes: ['Arn'],
  replacedBy: ['Name'],
  create: async (p, context) => {
    const Name = p.Name ?? context.name(64);
    const { ScheduleArn } = await context.call<{ ScheduleArn: string }>('scheduler', 'createSchedule', {
      ...defined(p),
      Name,
    });
    return { physicalId: Name, attributes: { Arn: ScheduleArn } };
  },
  update: async (existing, p, context) => {
    await context.call('scheduler', 'updateSchedule', { ...defined(p), Name: existing.physicalId });
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('scheduler', 'deleteSchedule', { Name: physicalId }),
});

export const eventProviders = [rule, schedule];
