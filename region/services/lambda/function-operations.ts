import type { CreateFunctionRequest, Lambda } from '@aws-sdk/client-lambda';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, Operations } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import { createCodeStore } from './code.ts';
import {
  configurationOf,
  type Functions,
  type LambdaFunction,
  type Settings,
  type Version,
} from './functions.ts';
import { checkNetwork } from './network.ts';
import type { Runner } from './run.ts';
import { changedSettings, checkRole, newSettings } from './settings.ts';

const codeMembers = ['S3Bucket', 'S3Key', 'ZipFile'] as const;

/** Functions themselves: create and change. */
export function functionOperations(kernel: Kernel, functions: Functions, runner: Runner) {
  const codeOf = createCodeStore(kernel);
  const replaceLatest = (fn: LambdaFunction, change: Partial<Pick<Version, 'settings' | 'code'>>): void => {
    runner.retire(fn.arn, fn.latest.revisionId);
    fn.latest = {
      ...fn.latest,
      ...change,
      revisionId: kernel.ids.uuid(),
      lastModified: kernel.clock.now(),
    };
  };
  const answer = (fn: LambdaFunction, publish: boolean | undefined) =>
    configurationOf(fn, publish ? publishVersion(kernel, fn) : fn.latest, publish === true);
  return {
    createFunction: async (input) => {
      const { Code: location = {}, Tags: tags, PackageType: _packaging, Publish: publish, ...rest } = input;
      const name = checkNew(functions, input);
      const { FunctionName: _name, ...members } = rest;
      const settings = newSettings(name, members);
      await checkRole(kernel, name, settings.role);
      await checkNetwork(kernel, settings);
      const fn = newFunction(kernel, name, settings, await codeOf(location), tags);
      functions.byName.set(name, fn);
      return answer(fn, publish);
    },
    updateFunctionCode: async (input) => {
      const {
        FunctionName: name,
        Publish: publish,
        Architectures: architectures,
        DryRun: dry,
        ...location
      } = input;
      onlyPlayed('lambda.updateFunctionCode', location, codeMembers);
      const fn = functions.find(name);
      const code = await codeOf(location);
      if (dry) return configurationOf(fn, { ...fn.latest, code }, false);
      const settings = architectures ? { ...fn.latest.settings, architectures } : fn.latest.settings;
      replaceLatest(fn, { code, settings });
      return answer(fn, publish);
    },
    updateFunctionConfiguration: async ({ FunctionName: name, RevisionId: revisionId, ...rest }) => {
      const fn = functions.find(name);
      if (revisionId && revisionId !== fn.latest.revisionId) {
        throw new AwsError(
          'PreconditionFailedException',
          'The Revision Id provided does not match the latest Revision Id.',
          { status: 412 },
        );
      }
      const settings = changedSettings(fn.latest.settings, rest);
      await checkRole(kernel, fn.name, settings.role);
      await checkNetwork(kernel, settings);
      replaceLatest(fn, { settings });
      return answer(fn, false);
    },
  } satisfies Operations<Lambda>;
}

/** Functions themselves: read and delete. */
export function functionReadingOperations(functions: Functions, runner: Runner) {
  const configuration = (name: string | undefined, qualifier: string | undefined) => {
    const { fn, version, reference } = functions.resolve(name, qualifier);
    return configurationOf(fn, version, reference.qualifier !== undefined);
  };
  return {
    getFunction: ({ FunctionName: name, Qualifier: qualifier }) => {
      const { fn, version } = functions.resolve(name, qualifier);
      const reserved = fn.reservedConcurrency;
      return {
        Configuration: configuration(name, qualifier),
        Code: { RepositoryType: 'S3', Location: `file://${version.code.directory}` },
        ...(Object.keys(fn.tags).length > 0 ? { Tags: { ...fn.tags } } : {}),
        ...(reserved === undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: reserved } }),
      };
    },
    getFunctionConfiguration: ({ FunctionName: name, Qualifier: qualifier }) =>
      configuration(name, qualifier),
    listFunctions: (input) => {
      onlyPlayed('lambda.listFunctions', input, ['MaxItems', 'Marker', 'FunctionVersion']);
      const versions = input.FunctionVersion === 'ALL';
      const rows = [...functions.byName.values()]
        .sort((left, right) => (left.name < right.name ? -1 : 1))
        .flatMap((fn) =>
          [fn.latest, ...(versions ? fn.published.values() : [])].map((it) =>
            configurationOf(fn, it, versions),
          ),
        );
      const start = Number(input.Marker ?? 0);
      const end = start + (input.MaxItems ?? 50);
      return { Functions: rows.slice(start, end), ...(end < rows.length ? { NextMarker: String(end) } : {}) };
    },
    deleteFunction: ({ FunctionName: name, Qualifier: qualifier }) => {
      const { fn, version, reference } = functions.resolve(name, qualifier);
      if (reference.qualifier !== undefined) return deleteVersion(runner, fn, version);
      for (const each of fn.published.values()) runner.retire(fn.arn, each.revisionId);
      runner.retire(fn.arn, fn.latest.revisionId);
      functions.byName.delete(fn.name);
      return {};
    },
  } satisfies Operations<Lambda>;
}

function deleteVersion(runner: Runner, fn: LambdaFunction, version: Version): object {
  if (version.version === '$LATEST') {
    throw new AwsError(
      'InvalidParameterValueException',
      '$LATEST version cannot be deleted without deleting the function.',
    );
  }
  const alias = [...fn.aliases.values()].find((each) => each.version === version.version);
  if (alias) {
    throw new AwsError('ResourceConflictException', `The version is the target of the alias ${alias.name}.`, {
      status: 409,
    });
  }
  runner.retire(fn.arn, version.revisionId);
  fn.published.delete(version.version);
  return {};
}

/** Refuses what CreateFunction refuses at once; answers the name. */
function checkNew(functions: Functions, input: CreateFunctionRequest): string {
  const { FunctionName: name = '', Code: location, PackageType: packaging = 'Zip' } = input;
  onlyPlayed('lambda.createFunction Code', location ?? {}, codeMembers);
  if (packaging !== 'Zip') throw new AwsError('InvalidParameterValueException', 'PackageType must be Zip.');
  if (!/^[A-Za-z0-9-_]{1,64}$/.test(name)) {
    throw new AwsError('ValidationException', `The function name ${name} is malformed.`);
  }
  if (functions.byName.has(name)) {
    throw new AwsError('ResourceConflictException', `Function already exist: ${name}`, { status: 409 });
  }
  return name;
}

function newFunction(
  kernel: Kernel,
  name: string,
  settings: Settings,
  code: Version['code'],
  tags: Record<string, string> = {},
): LambdaFunction {
  return {
    name,
    arn: `arn:aws:lambda:${kernel.region}:${kernel.accountId}:function:${name}`,
    latest: {
      version: '$LATEST',
      settings,
      code,
      revisionId: kernel.ids.uuid(),
      lastModified: kernel.clock.now(),
    },
    lastPublished: 0,
    published: new Map(),
    aliases: new Map(),
    policies: new Map(),
    eventInvokeConfigs: new Map(),
    tags: { ...tags },
  };
}

/** Freezes `$LATEST` as the next number. The same code and settings as the last version give that version again, as on AWS. */
export function publishVersion(kernel: Kernel, fn: LambdaFunction, description?: string): Version {
  const last = fn.published.get(String(fn.lastPublished));
  const settings = description ? { ...fn.latest.settings, description } : fn.latest.settings;
  const withoutDescription = (of: Settings): string => JSON.stringify({ ...of, description: '' });
  const same =
    last?.code.sha256 === fn.latest.code.sha256 &&
    withoutDescription(last.settings) === withoutDescription(settings);
  if (last && same) return last;
  fn.lastPublished += 1;
  const version = {
    ...fn.latest,
    settings,
    version: String(fn.lastPublished),
    revisionId: kernel.ids.uuid(),
  };
  fn.published.set(version.version, version);
  return version;
}
