import type { CreateFunctionRequest, UpdateFunctionConfigurationRequest } from '@aws-sdk/client-lambda';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { assumeRole } from '../common/assume-role.ts';
import { onlyPlayed } from '../common/request.ts';
import type { Settings } from './functions.ts';
import { lambdaHost } from './session.ts';

type SettingsInput = Omit<UpdateFunctionConfigurationRequest, 'FunctionName'> &
  Partial<Pick<CreateFunctionRequest, 'Architectures'>>;

const honoured = [
  'Role',
  'Runtime',
  'Handler',
  'Description',
  'Timeout',
  'MemorySize',
  'Environment',
  'VpcConfig',
  'DeadLetterConfig',
  'Architectures',
  'EphemeralStorage',
  'TracingConfig',
  'LoggingConfig',
  'KMSKeyArn',
] as const;

const reserved = [
  '_HANDLER',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
];

const largestEnvironmentBytes = 4096;

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message, { members: { Type: 'User' } });
}

/** Settings of a new function: `input` over AWS's defaults. Throws as CreateFunction does. */
export function newSettings(name: string, input: SettingsInput): Settings {
  if (!input.Role) throw invalid('Role is required.');
  return changedSettings(
    {
      role: input.Role,
      runtime: 'nodejs24.x',
      handler: '',
      description: '',
      timeoutSeconds: 3,
      memoryMegabytes: 128,
      variables: {},
      subnetIds: [],
      securityGroupIds: [],
      architectures: ['x86_64'],
      ephemeralMegabytes: 512,
      tracing: 'PassThrough',
      logging: { LogFormat: 'Text', LogGroup: `/aws/lambda/${name}` },
    },
    input,
  );
}

/** Settings after a change; members that are absent stay. Throws as UpdateFunctionConfiguration does. */
export function changedSettings(before: Settings, input: SettingsInput): Settings {
  onlyPlayed('a lambda function', input, honoured);
  const { deadLetterArn: _before, ...kept } = before;
  const deadLetterArn = input.DeadLetterConfig ? input.DeadLetterConfig.TargetArn : before.deadLetterArn;
  const after: Settings = {
    ...kept,
    role: input.Role ?? before.role,
    runtime: input.Runtime ?? before.runtime,
    handler: input.Handler ?? before.handler,
    description: input.Description ?? before.description,
    timeoutSeconds: input.Timeout ?? before.timeoutSeconds,
    memoryMegabytes: input.MemorySize ?? before.memoryMegabytes,
    variables: input.Environment ? { ...input.Environment.Variables } : before.variables,
    subnetIds: input.VpcConfig ? (input.VpcConfig.SubnetIds ?? []) : before.subnetIds,
    securityGroupIds: input.VpcConfig ? (input.VpcConfig.SecurityGroupIds ?? []) : before.securityGroupIds,
    ...(deadLetterArn ? { deadLetterArn } : {}),
    architectures: input.Architectures ?? before.architectures,
    ephemeralMegabytes: input.EphemeralStorage?.Size ?? before.ephemeralMegabytes,
    tracing: input.TracingConfig?.Mode ?? before.tracing,
    logging: { ...before.logging, ...input.LoggingConfig },
    ...(input.KMSKeyArn ? { kmsKeyArn: input.KMSKeyArn } : {}),
  };
  check(after);
  return after;
}

function check(settings: Settings): void {
  const { timeoutSeconds, memoryMegabytes, variables } = settings;
  if (!/^nodejs\d+\.x$/.test(settings.runtime)) {
    throw invalid(`The embedded region runs Node.js functions; the runtime is ${settings.runtime}.`);
  }
  if (!/^[^\s]{1,128}$/.test(settings.handler)) throw invalid('The handler is missing or malformed.');
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 1 || timeoutSeconds > 900) {
    throw invalid(`Timeout must be between 1 and 900 seconds; it is ${timeoutSeconds}.`);
  }
  if (!Number.isInteger(memoryMegabytes) || memoryMegabytes < 128 || memoryMegabytes > 10_240) {
    throw invalid(`MemorySize must be between 128 and 10240 MB; it is ${memoryMegabytes}.`);
  }
  if (!/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(settings.role))
    throw invalid(`The role ${settings.role} is not an ARN.`);
  const taken = Object.keys(variables).filter((key) => reserved.includes(key));
  if (taken.length > 0) {
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${taken.join(', ')}`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(variables)) > largestEnvironmentBytes) {
    throw invalid(
      'Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.',
    );
  }
}

/** Lambda refuses a role that does not exist or does not trust it. */
export async function checkRole(kernel: Kernel, name: string, roleArn: string): Promise<void> {
  try {
    await assumeRole(kernel, roleArn, lambdaHost, name);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'AccessDenied') throw error;
    throw invalid('The role defined for the function cannot be assumed by Lambda.');
  }
}
