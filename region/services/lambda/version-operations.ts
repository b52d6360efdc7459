import type { FunctionEventInvokeConfig, Lambda } from '@aws-sdk/client-lambda';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, Operations } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import { publishVersion } from './function-operations.ts';
import { type Alias, configurationOf, type Functions, type LambdaFunction } from './functions.ts';

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, { status: 404, members: { Type: 'User' } });
}

/** Versions and aliases. Weighted aliases are not played. */
export function versionOperations(kernel: Kernel, functions: Functions) {
  const aliasOf = (fn: LambdaFunction, name: string | undefined): Alias => {
    const alias = fn.aliases.get(name ?? '');
    if (!alias) throw notFound(`Cannot find alias arn: ${fn.arn}:${name}`);
    return alias;
  };
  const put = (fn: LambdaFunction, name: string, version: string, description: string) => {
    functions.resolve(fn.name, version);
    const alias: Alias = { name, version, description, revisionId: kernel.ids.uuid() };
    fn.aliases.set(name, alias);
    return describe(fn, alias);
  };
  return {
    publishVersion: ({ FunctionName: name, Description: description, CodeSha256: expected, ...rest }) => {
      onlyPlayed('lambda.publishVersion', rest, []);
      const fn = functions.find(name);
      if (expected && expected !== fn.latest.code.sha256) {
        throw new AwsError(
          'InvalidParameterValueException',
          `CodeSHA256 (${expected}) is different from current CodeSHA256 in $LATEST (${fn.latest.code.sha256}). Please try again with the CodeSHA256 in $LATEST.`,
        );
      }
      return configurationOf(fn, publishVersion(kernel, fn, description), true);
    },
    listVersionsByFunction: ({ FunctionName: name }) => {
      const fn = functions.find(name);
      return {
        Versions: [fn.latest, ...fn.published.values()].map((version) => configurationOf(fn, version, true)),
      };
    },
    createAlias: ({
      FunctionName: name,
      Name: alias = '',
      FunctionVersion: version = '',
      Description: description,
      ...rest
    }) => {
      onlyPlayed('lambda.createAlias', rest, []);
      const fn = functions.find(name);
      if (!/^(?!^[0-9]+$)[a-zA-Z0-9-_]{1,128}$/.test(alias))
        throw new AwsError('ValidationException', `The alias name ${alias} is malformed.`);
      if (fn.aliases.has(alias))
        throw new AwsError('ResourceConflictException', `Alias already exists: ${fn.arn}:${alias}`, {
          status: 409,
        });
      return put(fn, alias, version, description ?? '');
    },
    updateAlias: ({
      FunctionName: name,
      Name: alias,
      FunctionVersion: version,
      Description: description,
      ...rest
    }) => {
      onlyPlayed('lambda.updateAlias', rest, []);
      const fn = functions.find(name);
      const before = aliasOf(fn, alias);
      return put(fn, before.name, version ?? before.version, description ?? before.description);
    },
    getAlias: ({ FunctionName: name, Name: alias }) => {
      const fn = functions.find(name);
      return describe(fn, aliasOf(fn, alias));
    },
    listAliases: ({ FunctionName: name }) => {
      const fn = functions.find(name);
      return { Aliases: [...fn.aliases.values()].map((alias) => describe(fn, alias)) };
    },
    deleteAlias: ({ FunctionName: name, Name: alias }) => {
      functions.find(name).aliases.delete(alias ?? '');
      return {};
    },
  } satisfies Operations<Lambda>;
}

function describe(fn: LambdaFunction, alias: Alias) {
  return {
    AliasArn: `${fn.arn}:${alias.name}`,
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    RevisionId: alias.revisionId,
  };
}

/** Settings beside the versions: asynchronous invocation, reserved concurrency, tags. */
export function sideOperations(kernel: Kernel, functions: Functions) {
  const configOf = (
    name: string | undefined,
    qualifier: string | undefined,
  ): [LambdaFunction, string, FunctionEventInvokeConfig | undefined] => {
    const { fn, reference } = functions.resolve(name, qualifier);
    const key = reference.qualifier ?? '$LATEST';
    return [fn, key, fn.eventInvokeConfigs.get(key)];
  };
  return {
    putFunctionEventInvokeConfig: ({ FunctionName: name, Qualifier: qualifier, ...rest }) => {
      onlyPlayed('lambda.putFunctionEventInvokeConfig', rest, [
        'MaximumRetryAttempts',
        'MaximumEventAgeInSeconds',
        'DestinationConfig',
      ]);
      const [fn, key] = configOf(name, qualifier);
      const config = { ...rest, FunctionArn: `${fn.arn}:${key}`, LastModified: kernel.clock.now() };
      fn.eventInvokeConfigs.set(key, config);
      return config;
    },
    getFunctionEventInvokeConfig: ({ FunctionName: name, Qualifier: qualifier }) => {
      const [fn, key, config] = configOf(name, qualifier);
      if (!config) throw notFound(`The function ${fn.arn}:${key} doesn't have an EventInvokeConfig`);
      return config;
    },
    deleteFunctionEventInvokeConfig: ({ FunctionName: name, Qualifier: qualifier }) => {
      const [fn, key] = configOf(name, qualifier);
      fn.eventInvokeConfigs.delete(key);
      return {};
    },
    putFunctionConcurrency: ({ FunctionName: name, ReservedConcurrentExecutions: reserved = 0 }) => {
      functions.find(name).reservedConcurrency = reserved;
      return { ReservedConcurrentExecutions: reserved };
    },
    deleteFunctionConcurrency: ({ FunctionName: name }) => {
      delete functions.find(name).reservedConcurrency;
      return {};
    },
    tagResource: ({ Resource: arn, Tags: tags }) => {
      const fn = functions.find(arn);
      fn.tags = { ...fn.tags, ...tags };
      return {};
    },
    untagResource: ({ Resource: arn, TagKeys: keys = [] }) => {
      const fn = functions.find(arn);
      fn.tags = Object.fromEntries(Object.entries(fn.tags).filter(([key]) => !keys.includes(key)));
      return {};
    },
    listTags: ({ Resource: arn }) => ({ Tags: { ...functions.find(arn).tags } }),
  } satisfies Operations<Lambda>;
}
