import type { FunctionConfiguration, FunctionEventInvokeConfig } from '@aws-sdk/client-lambda';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Code } from './code.ts';
import { type FunctionReference, parseFunctionReference } from './names.ts';
import type { Statement } from './policy.ts';

/** What CreateFunction and UpdateFunctionConfiguration set; a version keeps it as it was. */
export interface Settings {
  readonly role: string;
  readonly runtime: NonNullable<FunctionConfiguration['Runtime']>;
  readonly handler: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly deadLetterArn?: string;
  readonly architectures: NonNullable<FunctionConfiguration['Architectures']>;
  readonly ephemeralMegabytes: number;
  readonly tracing: 'Active' | 'PassThrough';
  readonly logging: NonNullable<FunctionConfiguration['LoggingConfig']>;
  readonly kmsKeyArn?: string;
}

/** `$LATEST` or a published version: code and settings together. Never changed, only replaced. */
export interface Version {
  readonly version: string;
  readonly settings: Settings;
  readonly code: Code;
  readonly revisionId: string;
  readonly lastModified: Date;
}

export interface Alias {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly revisionId: string;
}

export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  latest: Version;
  lastPublished: number;
  readonly published: Map<string, Version>;
  readonly aliases: Map<string, Alias>;
  /** Resource policy statements by qualifier (`$LATEST` for the unqualified function), then by statement id. */
  readonly policies: Map<string, Map<string, Statement>>;
  readonly eventInvokeConfigs: Map<string, FunctionEventInvokeConfig>;
  reservedConcurrency?: number;
  tags: Record<string, string>;
}

/** All functions of the region, and the way from a name in any form to what it names. */
export interface Functions {
  readonly byName: Map<string, LambdaFunction>;
  /** Throws ResourceNotFoundException. */
  find(name: string | undefined): LambdaFunction;
  /** The version that a name and qualifier mean: number, `$LATEST` or alias. Throws ResourceNotFoundException. */
  resolve(name: string | undefined, qualifier?: string): ResolvedVersion;
}

export interface ResolvedVersion {
  readonly fn: LambdaFunction;
  readonly version: Version;
  readonly reference: FunctionReference;
  /** ARN as the caller named it: unqualified, version or alias. */
  readonly arn: string;
}

export function createFunctions(kernel: Kernel): Functions {
  const byName = new Map<string, LambdaFunction>();
  const missing = (arn: string): AwsError =>
    new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, {
      status: 404,
      members: { Type: 'User' },
    });
  const arnOf = ({ name, qualifier }: FunctionReference): string =>
    `arn:aws:lambda:${kernel.region}:${kernel.accountId}:function:${name}${qualifier === undefined ? '' : `:${qualifier}`}`;
  const find = (name: string | undefined): LambdaFunction => {
    const reference = parseFunctionReference(name);
    const fn = byName.get(reference.name);
    if (!fn) throw missing(arnOf(reference));
    return fn;
  };
  return {
    byName,
    find,
    resolve: (name, qualifier) => {
      const reference = parseFunctionReference(name, qualifier);
      const arn = arnOf(reference);
      const fn = byName.get(reference.name);
      if (!fn) throw missing(arn);
      const wanted = fn.aliases.get(reference.qualifier ?? '')?.version ?? reference.qualifier ?? '$LATEST';
      const version = wanted === '$LATEST' ? fn.latest : fn.published.get(wanted);
      if (!version) throw missing(arn);
      return { fn, version, reference, arn };
    },
  };
}

/** A version as GetFunctionConfiguration answers it. `qualified` adds the version to the ARN. */
export function configurationOf(
  fn: LambdaFunction,
  version: Version,
  qualified: boolean,
): FunctionConfiguration {
  const { settings, code } = version;
  return {
    FunctionName: fn.name,
    FunctionArn: qualified ? `${fn.arn}:${version.version}` : fn.arn,
    Runtime: settings.runtime,
    Role: settings.role,
    Handler: settings.handler,
    CodeSize: code.size,
    CodeSha256: code.sha256,
    Description: settings.description,
    Timeout: settings.timeoutSeconds,
    MemorySize: settings.memoryMegabytes,
    LastModified: version.lastModified.toISOString().replace('Z', '+0000'),
    Version: version.version,
    ...(settings.subnetIds.length > 0
      ? {
          VpcConfig: { SubnetIds: [...settings.subnetIds], SecurityGroupIds: [...settings.securityGroupIds] },
        }
      : {}),
    ...(settings.deadLetterArn ? { DeadLetterConfig: { TargetArn: settings.deadLetterArn } } : {}),
    ...(Object.keys(settings.variables).length > 0
      ? { Environment: { Variables: { ...settings.variables } } }
      : {}),
    ...(settings.kmsKeyArn ? { KMSKeyArn: settings.kmsKeyArn } : {}),
    TracingConfig: { Mode: settings.tracing },
    RevisionId: version.revisionId,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: [...settings.architectures],
    EphemeralStorage: { Size: settings.ephemeralMegabytes },
    LoggingConfig: settings.logging,
  };
}
