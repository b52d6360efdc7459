import type { Kernel } from '../../kernel/kernel.ts';
import { assumeRole } from '../common/assume-role.ts';
import type { ResolvedVersion } from './functions.ts';
import { endpointsFor } from './network.ts';

export const lambdaHost = 'lambda.amazonaws.com';

/** The log group of a function. */
export function logGroupOf({ fn, version }: ResolvedVersion): string {
  return version.settings.logging.LogGroup ?? `/aws/lambda/${fn.name}`;
}

/**
 * The variables of one execution environment: exactly the function's own and those that AWS itself sets, with credentials of its role (the
 * session's name is the function's) and the endpoints that its network reaches. Nothing of the region's own environment. Throws AccessDenied
 * where the role cannot be assumed any more.
 */
export async function environmentVariables(
  kernel: Kernel,
  target: ResolvedVersion,
  logStreamName: string,
): Promise<Record<string, string>> {
  const { fn, version } = target;
  const { settings } = version;
  const principal = await assumeRole(kernel, settings.role, lambdaHost, fn.name);
  const credentials = kernel.credentials.issue(principal);
  return {
    ...settings.variables,
    _HANDLER: settings.handler,
    AWS_REGION: kernel.region,
    AWS_DEFAULT_REGION: kernel.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${settings.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: version.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMegabytes),
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(target),
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    ...(await endpointsFor(kernel, settings)),
    LAMBDA_TASK_ROOT: version.code.directory,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
  };
}
