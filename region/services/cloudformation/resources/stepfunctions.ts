import * as z from 'zod';
import { defined, flag, number, object, provider, tags, text } from '../provider.ts';

const stateMachineProperties = object({
  StateMachineName: text.optional(),
  StateMachineType: z.enum(['STANDARD', 'EXPRESS']).optional(),
  DefinitionString: text,
  DefinitionSubstitutions: object({})
    .catchall(z.union([text, number, flag]))
    .optional(),
  RoleArn: text,
  LoggingConfiguration: object({
    Level: text,
    IncludeExecutionData: flag.optional(),
    Destinations: object({ CloudWatchLogsLogGroup: object({ LogGroupArn: text }) })
      .array()
      .optional(),
  }).optional(),
  TracingConfiguration: object({ Enabled: flag }).optional(),
  Tags: tags.optional(),
});

type StateMachineProperties = z.infer<typeof stateMachineProperties>;

/** The definition with each `${Name}` of DefinitionSubstitutions replaced; other `${…}` stay as they are, as on AWS. */
function substituteDefinition(
  definition: string,
  substitutions: Readonly<Record<string, unknown>> = {},
): string {
  return definition.replaceAll(/\$\{([A-Za-z0-9_]+)\}/g, (whole, name: string) =>
    Object.hasOwn(substitutions, name) ? String(substitutions[name]) : whole,
  );
}

function inputOf(p: StateMachineProperties): object {
  const logging = p.LoggingConfiguration;
  return defined({
    definition: substituteDefinition(p.DefinitionString, p.DefinitionSubstitutions),
    roleArn: p.RoleArn,
    loggingConfiguration: logging && {
      level: logging.Level,
      includeExecutionData: logging.IncludeExecutionData ?? false,
      destinations: (logging.Destinations ?? []).map(
        ({ CloudWatchLogsLogGroup: { LogGroupArn: logGroupArn } }) => ({
          cloudWatchLogsLogGroup: { logGroupArn },
        }),
      ),
    },
    tracingConfiguration: p.TracingConfiguration && { enabled: p.TracingConfiguration.Enabled },
  });
}

const stateMachine = provider({
  type: 'AWS::StepFunctions::StateMachine',
  properties: stateMachineProperties,
  attributes: ['Arn', 'Name'],
  replacedBy: ['StateMachineName', 'StateMachineType'],
  create: async (p, context) => {
    const name = p.StateMachineName ?? context.name(80);
    const { stateMachineArn } = await context.call<{ stateMachineArn: string }>(
      'stepfunctions',
      'createStateMachine',
      {
        name,
        ...inputOf(p),
        ...defined({ type: p.StateMachineType }),
        ...(p.Tags ? { tags: p.Tags.map(({ Key: key, Value: value }) => ({ key, value })) } : {}),
      },
    );
    return { physicalId: stateMachineArn, attributes: { Arn: stateMachineArn, Name: name } };
  },
  update: async (existing, p, context) => {
    await context.call('stepfunctions', 'updateStateMachine', {
      stateMachineArn: existing.physicalId,
      ...inputOf(p),
    });
    return existing;
  },
  remove: ({ physicalId }, context) =>
    context.call('stepfunctions', 'deleteStateMachine', { stateMachineArn: physicalId }),
});

export const stepfunctionsProviders = [stateMachine];
