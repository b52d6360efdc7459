import type { Lambda } from '@aws-sdk/client-lambda';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, Operations } from '../../kernel/kernel.ts';
import { honour } from '../common/honour.ts';
import { type CodeLocation, createCodeStore } from './code.ts';
import {
  configurationOf,
  type Functions,
  type LambdaFunction,
  type Settings,
  type Version,
} from './functions.ts';
import type { Runner } from './run.ts';
import { changedSettings, checkRole, newSettings } from './settings.ts';

const codeMembers = ['S3Bucket', 'S3Key', 'ZipFile'];

/** Functions themselves: create, change, read, delete. */
export function functionOperations(kernel: Kernel, functions: Functions, runner: Runner) {
  const codeOf = createCodeStore(kernel);
  const replaceLatest = (
    fn: LambdaFunction,
    change: Partial<Pick<Version, 'settings' | 'code'>>,
  ): Version => {
    runner.retire(fn.arn, fn.latest.revisionId);
    fn.latest = { ...fn.latest, ...change, revisionId: kernel.ids.uuid(), lastModified: kernel.clock.now() };
    return fn.latest;
  };
  return {
    createFunction: async (input) => {
      const {
        FunctionName: name = '',
        Code: location,
        Tags: tags,
        PackageType: packaging,
        Publish: publish,
        ...rest
      } = input;
      honour('lambda.createFunction Code', location ?? {}, codeMembers);
      if ((packaging ?? 'Zip') !== 'Zip')
        throw new AwsError('InvalidParameterValueException', 'PackageType must be Zip.');
      if (!/^[A-Za-z0-9-_]{1,64}$/.test(name))
        throw new AwsError('ValidationException', `The function name ${name} is malformed.`);
      if (functions.byName.has(name))
        throw new AwsError('ResourceConflictException', `Function already exist: ${name}`, { status: 409 });
      const settings = newSettings(name, rest);
      await checkRole(kernel, settings.role);
      const code = await codeOf(location ?? {});
      const fn = newFunction(kernel, name, settings, code, tags);
      functions.byName.set(name, fn);
      return configurationOf(fn, publish ? publishVersion(kernel, fn) : fn.latest, publish === true);
    },
    updateFunctionCode: async ({
      FunctionName: name,
      Publish: publish,
      Architectures: architectures,
      DryRun: dry,
      ...location
    }) => {
      honour('lambda.updateFunctionCode', location, codeMembers);
      const fn = functions.find(name);
      const code = await codeOf(location as CodeLocation);
      if (dry) return configurationOf(fn, { ...fn.latest, code }, false);
      replaceLatest(fn, {
        code,
        ...(architectures ? { settings: { ...fn.latest.settings, architectures } } : {}),
      });
      return configurationOf(fn, publish ? publishVersion(kernel, fn) : fn.latest, publish === true);
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
      await checkRole(kernel, settings.role);
      return configurationOf(fn, replaceLatest(fn, { settings }), false);
    },
    getFunction: ({ FunctionName: name, Qualifier: qualifier }) => {
      const { fn, version, reference } = functions.resolve(name, qualifier);
      return {
        Configuration: configurationOf(fn, version, reference.qualifier !== undefined),
        Code: { RepositoryType: 'S3', Location: `file://${version.code.directory}` },
        ...(Object.keys(fn.tags).length > 0 ? { Tags: { ...fn.tags } } : {}),
        ...(fn.reservedConcurrency === undefined
          ? {}
          : { Concurrency: { ReservedConcurrentExecutions: fn.reservedConcurrency } }),
      };
    },
    getFunctionConfiguration: ({ FunctionName: name, Qualifier: qualifier }) => {
      const { fn, version, reference } = functions.resolve(name, qualifier);
      return configurationOf(fn, version, reference.qualifier !== undefined);
    },
    listFunctions: (input) => {
      honour('lambda.listFunctions', input, ['MaxItems', 'Marker', 'FunctionVersion']);
      const all = [...functions.byName.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
      const rows = all.flatMap((fn) => [
        configurationOf(fn, fn.latest, input.FunctionVersion === 'ALL'),
        ...(input.FunctionVersion === 'ALL'
          ? [...fn.published.values()].map((version) => configurationOf(fn, version, true))
          : []),
      ]);
      const start = Number(input.Marker ?? 0);
      const end = start + (input.MaxItems ?? 50);
      return { Functions: rows.slice(start, end), ...(end < rows.length ? { NextMarker: String(end) } : {}) };
    },
    deleteFunction: ({ FunctionName: name, Qualifier: qualifier }) => {
      const { fn, version, reference } = functions.resolve(name, qualifier);
      if (reference.qualifier === undefined) {
        for (const each of fn.published.values()) runner.retire(fn.arn, each.version);
        runner.retire(fn.arn, fn.latest.revisionId);
        functions.byName.delete(fn.name);
        return {};
      }
      if (version.version === '$LATEST')
        throw new AwsError(
          'InvalidParameterValueException',
          '$LATEST version cannot be deleted without deleting the function.',
        );
      const alias = [...fn.aliases.values()].find((each) => each.version === version.version);
      if (alias)
        throw new AwsError(
          'ResourceConflictException',
          `The version is the target of the alias ${alias.name}.`,
          { status: 409 },
        );
      runner.retire(fn.arn, version.version);
      fn.published.delete(version.version);
      return {};
    },
  } satisfies Operations<Lambda>;
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
  const same =
    last?.code.sha256 === fn.latest.code.sha256 &&
    JSON.stringify({ ...last.settings, description: '' }) ===
      JSON.stringify({ ...settings, description: '' });
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
