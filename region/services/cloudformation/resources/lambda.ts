import { AwsError } from '../../../kernel/errors.ts';
import {
  defined,
  number,
  object,
  type ProviderContext,
  provider,
  tagRecord,
  tags,
  text,
  texts,
} from '../provider.ts';

const functionProperties = object({
  FunctionName: text.optional(),
  Code: object({ S3Bucket: text, S3Key: text }),
  Handler: text,
  Runtime: text,
  Role: text,
  Description: text.optional(),
  Timeout: number.optional(),
  MemorySize: number.optional(),
  Architectures: texts.optional(),
  Environment: object({ Variables: object({}).catchall(text) }).optional(),
  VpcConfig: object({ SubnetIds: texts, SecurityGroupIds: texts }).optional(),
  DeadLetterConfig: object({ TargetArn: text }).optional(),
  LoggingConfig: object({ LogGroup: text.optional(), LogFormat: text.optional() }).optional(),
  EphemeralStorage: object({ Size: number }).optional(),
  TracingConfig: object({ Mode: text }).optional(),
  ReservedConcurrentExecutions: number.optional(),
  Tags: tags.optional(),
});

const lambdaFunction = provider({
  type: 'AWS::Lambda::Function',
  properties: functionProperties,
  attributes: ['Arn'],
  replacedBy: ['FunctionName'],
  create: async ({ ReservedConcurrentExecutions: reserved, Tags, ...p }, context) => {
    const FunctionName = p.FunctionName ?? context.name(64);
    const { FunctionArn } = await context.call<{ FunctionArn: string }>('lambda', 'createFunction', {
      ...defined(p),
      FunctionName,
      Tags: tagRecord(Tags),
    });
    if (reserved !== undefined) await reserve(context, FunctionName, reserved);
    return { physicalId: FunctionName, attributes: { Arn: FunctionArn } };
  },
  update: async (existing, p, context) => {
    const { physicalId: FunctionName, properties: old } = existing;
    const {
      Code,
      Architectures,
      ReservedConcurrentExecutions: reserved,
      Tags,
      FunctionName: _name,
      ...settings
    } = p;
    if (JSON.stringify([Code, Architectures]) !== JSON.stringify([old.Code, old.Architectures])) {
      await context.call('lambda', 'updateFunctionCode', {
        FunctionName,
        ...Code,
        ...defined({ Architectures }),
      });
    }
    // A property that the template no longer has goes back to its default, which the API only does when it is told the default.
    await context.call('lambda', 'updateFunctionConfiguration', {
      FunctionName,
      Description: '',
      Timeout: 3,
      MemorySize: 128,
      Environment: { Variables: {} },
      ...defined(settings),
    });
    if (reserved !== undefined) await reserve(context, FunctionName, reserved);
    else if (old.ReservedConcurrentExecutions !== undefined)
      await context.call('lambda', 'deleteFunctionConcurrency', { FunctionName });
    if (Tags)
      await context.call('lambda', 'tagResource', {
        Resource: existing.attributes?.Arn,
        Tags: tagRecord(Tags),
      });
    return existing;
  },
  remove: ({ physicalId }, context) => context.call('lambda', 'deleteFunction', { FunctionName: physicalId }),
});

function reserve(
  context: ProviderContext,
  FunctionName: string,
  ReservedConcurrentExecutions: number,
): Promise<unknown> {
  return context.call('lambda', 'putFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions });
}

const version = provider({
  type: 'AWS::Lambda::Version',
  properties: object({ FunctionName: text, CodeSha256: text.optional(), Description: text.optional() }),
  attributes: ['Version', 'FunctionArn'],
  create: async (p, context) => {
    const { Versions } = await context.call<{ Versions: { Version: string }[] }>(
      'lambda',
      'listVersionsByFunction',
      {
        FunctionName: p.FunctionName,
      },
    );
    const { FunctionArn, Version } = await context.call<{ FunctionArn: string; Version: string }>(
      'lambda',
      'publishVersion',
      defined(p),
    );
    if (Versions.some((known) => known.Version === Version)) {
      throw new AwsError(
        'AlreadyExists',
        `A version for this Lambda function exists ( ${Version} ). Modify the function to create a new version.`,
      );
    }
    return { physicalId: FunctionArn, attributes: { Version, FunctionArn } };
  },
  remove: ({ physicalId }, context) => context.call('lambda', 'deleteFunction', { FunctionName: physicalId }),
});

const permission = provider({
  type: 'AWS::Lambda::Permission',
  properties: object({
    FunctionName: text,
    Action: text,
    Principal: text,
    SourceArn: text.optional(),
    SourceAccount: text.optional(),
  }),
  create: async (p, context) => {
    const StatementId = context.name(100);
    await context.call('lambda', 'addPermission', { ...defined(p), StatementId });
    return { physicalId: StatementId };
  },
  remove: ({ physicalId, properties }, context) =>
    context.call('lambda', 'removePermission', {
      FunctionName: properties.FunctionName,
      StatementId: physicalId,
    }),
});

const eventInvokeConfig = provider({
  type: 'AWS::Lambda::EventInvokeConfig',
  properties: object({
    FunctionName: text,
    Qualifier: text,
    MaximumRetryAttempts: number.optional(),
    MaximumEventAgeInSeconds: number.optional(),
    DestinationConfig: object({
      OnSuccess: object({ Destination: text }).optional(),
      OnFailure: object({ Destination: text }).optional(),
    }).optional(),
  }),
  replacedBy: ['FunctionName', 'Qualifier'],
  create: async (p, context) => {
    await context.call('lambda', 'putFunctionEventInvokeConfig', defined(p));
    return { physicalId: `${p.FunctionName}|${p.Qualifier}` };
  },
  update: async (existing, p, context) => {
    await context.call('lambda', 'putFunctionEventInvokeConfig', defined(p));
    return existing;
  },
  remove: ({ properties: { FunctionName, Qualifier } }, context) =>
    context.call('lambda', 'deleteFunctionEventInvokeConfig', { FunctionName, Qualifier }),
});

export const lambdaProviders = [lambdaFunction, version, permission, eventInvokeConfig];
