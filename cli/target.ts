import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EC2 } from '@aws-sdk/client-ec2';
import { Lambda } from '@aws-sdk/client-lambda';
import { SFN } from '@aws-sdk/client-sfn';
import { SSM } from '@aws-sdk/client-ssm';
import { STS } from '@aws-sdk/client-sts';
import type { Config } from '../functions/runtime/config.ts';
import { CommandError } from './output.ts';

export interface TargetOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly deployment?: string;
}

/** A deployment of Trivet in an account and region, or in the embedded region: the CLI treats both alike. */
export interface Target {
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly deployment: string;
  readonly accountId: string;
  /** Who AWS says that the caller is. */
  readonly callerArn: string;
  readonly states: SFN;
  readonly lambda: Lambda;
  readonly ec2: EC2;
  readonly cloudwatch: CloudWatch;
  readonly ssm: SSM;
  readonly logs: CloudWatchLogs;
  /** What the ports of functions/aws need to read the registry and the bucket from here. */
  readonly config: Config;
  stateMachineArn(workflow: string): string;
}

/**
 * Finds the deployment. The endpoint is `--endpoint` or AWS_ENDPOINT_URL; without either it is AWS itself, with the caller's credentials.
 * Throws CommandError when nobody answers there or there are no credentials.
 */
export async function findTarget(options: TargetOptions): Promise<Target> {
  const endpoint = options.endpoint ?? process.env.AWS_ENDPOINT_URL;
  const region =
    options.region ??
    process.env.AWS_REGION ??
    process.env.AWS_DEFAULT_REGION ??
    (endpoint ? 'us-east-1' : undefined);
  if (!region)
    throw new CommandError(
      'no AWS region: set AWS_REGION or give --region; for the embedded region of npm start give --endpoint http://127.0.0.1:4566.',
    );
  const deployment = options.deployment ?? 'trivet';
  useEnvironment(endpoint, region);
  const sts = new STS({ region, maxAttempts: 2 });
  const { accountId, callerArn } = await whoAmI(sts, endpoint);
  return {
    endpoint,
    region,
    deployment,
    accountId,
    callerArn,
    states: new SFN({ region }),
    lambda: new Lambda({ region, maxAttempts: 1 }),
    ec2: new EC2({ region }),
    cloudwatch: new CloudWatch({ region }),
    ssm: new SSM({ region }),
    logs: new CloudWatchLogs({ region }),
    config: readerConfig({ deployment, region, accountId }),
    stateMachineArn: (workflow) =>
      `arn:aws:states:${region}:${accountId}:stateMachine:${deployment}-${workflow}`,
  };
}

/** The SDK and the ports read these; the embedded region takes any credentials, so none need be there for it. */
function useEnvironment(endpoint: string | undefined, region: string): void {
  process.env.AWS_REGION = region;
  if (endpoint === undefined) return;
  process.env.AWS_ENDPOINT_URL = endpoint;
  if (/^https?:\/\/(127\.|localhost|\[::1\])/.test(endpoint)) {
    process.env.AWS_ACCESS_KEY_ID ??= 'embedded';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'embedded';
  }
}

async function whoAmI(
  sts: STS,
  endpoint: string | undefined,
): Promise<{ readonly accountId: string; readonly callerArn: string }> {
  try {
    const { Account, Arn = '' } = await sts.getCallerIdentity({});
    if (Account) return { accountId: Account, callerArn: Arn };
    throw new Error('GetCallerIdentity named no account');
  } catch (error) {
    const message = error instanceof Error ? error.message || error.name : String(error);
    const advice = endpoint
      ? `Is the embedded region running there? Start it with npm start.`
      : 'Check your AWS credentials, or give --endpoint to use an embedded region.';
    throw new CommandError(`${endpoint ?? 'AWS'} does not answer: ${message}. ${advice}`);
  }
}

function readerConfig({
  deployment,
  region,
  accountId,
}: {
  deployment: string;
  region: string;
  accountId: string;
}): Config {
  return {
    deployment,
    region,
    registryTable: `${deployment}-registry`,
    bucket: `${deployment}-${accountId}-${region}`,
    keyArn: '',
    vpcId: '',
    subnetIds: [],
    etcdClientSecurityGroupId: '',
    permissionsBoundaryArn: '',
    addOnBoundaryArn: '',
    stateMachineArnPrefix: `arn:aws:states:${region}:${accountId}:stateMachine:${deployment}-`,
    longestTaskTimeoutSeconds: 900,
  };
}

/** Invokes a task and gives its output. Throws CommandError with the task's own message when it failed. */
export async function invokeTask<T>(target: Target, task: string, input: unknown): Promise<T> {
  const name = `${target.deployment}-${task}`;
  const answer = await target.lambda
    .invoke({ FunctionName: name, Payload: new TextEncoder().encode(JSON.stringify(input)) })
    .catch((error: unknown) => {
      const missing = error instanceof Error && error.name === 'ResourceNotFoundException';
      if (missing)
        throw new CommandError(`there is no function ${name} in ${target.region}: is Trivet deployed there?`);
      throw error;
    });
  const payload: unknown = JSON.parse(new TextDecoder().decode(answer.Payload));
  if (answer.FunctionError === undefined) return payload as T;
  const { errorType, errorMessage } = payload as { errorType?: string; errorMessage?: string };
  throw new CommandError(
    `${task} failed: ${errorType ?? answer.FunctionError}: ${errorMessage ?? 'no message'}`,
  );
}
