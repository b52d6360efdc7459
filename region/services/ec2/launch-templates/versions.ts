import type {
  CreateLaunchTemplateVersionRequest,
  CreateLaunchTemplateVersionResult,
  DeleteLaunchTemplateVersionsRequest,
  DeleteLaunchTemplateVersionsResult,
  DescribeLaunchTemplateVersionsRequest,
  DescribeLaunchTemplateVersionsResult,
  EC2,
  LaunchTemplateVersion,
  ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../../kernel/errors.ts';
import type { Operations, RequestContext } from '../../../kernel/kernel.ts';
import { onlyPlayed, required } from '../../common/request.ts';
import { takePage } from '../../common/take-page.ts';
import { type ClientTokens, createClientTokens } from '../request.ts';
import type { Ec2 } from '../store.ts';
import { checkTemplateData } from './data.ts';
import {
  findTemplate,
  findVersion,
  type LaunchTemplate,
  type LaunchTemplateVersionRecord,
} from './launch-template.ts';

function createVersion(
  ec2: Ec2,
  tokens: ClientTokens<LaunchTemplateVersion>,
  input: CreateLaunchTemplateVersionRequest,
  { principal }: RequestContext,
): CreateLaunchTemplateVersionResult {
  onlyPlayed('ec2.createLaunchTemplateVersion', input, [
    'LaunchTemplateId',
    'LaunchTemplateName',
    'LaunchTemplateData',
    'SourceVersion',
    'VersionDescription',
    'ClientToken',
  ]);
  const made = tokens.recall(input.ClientToken, input);
  if (made !== undefined) return { LaunchTemplateVersion: made };
  const template = findTemplate(ec2, { id: input.LaunchTemplateId, name: input.LaunchTemplateName });
  const given = required(input.LaunchTemplateData, 'LaunchTemplateData');
  const source = input.SourceVersion === undefined ? {} : findVersion(template, input.SourceVersion).data;
  const data = { ...source, ...withoutUndefined(given) };
  checkTemplateData(data);
  const record: LaunchTemplateVersionRecord = {
    versionNumber: template.latestVersion + 1,
    description: input.VersionDescription,
    data,
    createTime: ec2.kernel.clock.now(),
    createdBy: principal.arn,
  };
  template.latestVersion = record.versionNumber;
  template.versions.set(record.versionNumber, record);
  const LaunchTemplateVersion = view(template, record);
  tokens.remember(input.ClientToken, input, LaunchTemplateVersion);
  return { LaunchTemplateVersion };
}

/** Members that are given replace those of the source version; members that are not given stay. */
function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<T>;
}

function view(template: LaunchTemplate, record: LaunchTemplateVersionRecord): LaunchTemplateVersion {
  return {
    LaunchTemplateId: template.launchTemplateId,
    LaunchTemplateName: template.name,
    VersionNumber: record.versionNumber,
    VersionDescription: record.description,
    DefaultVersion: template.defaultVersion === record.versionNumber,
    CreateTime: record.createTime,
    CreatedBy: record.createdBy,
    // The answer's shape has the request's members; only names of its nested types differ.
    LaunchTemplateData: structuredClone(record.data) as ResponseLaunchTemplateData,
  };
}

function describeVersions(
  ec2: Ec2,
  input: DescribeLaunchTemplateVersionsRequest,
): DescribeLaunchTemplateVersionsResult {
  onlyPlayed('ec2.describeLaunchTemplateVersions', input, [
    'LaunchTemplateId',
    'LaunchTemplateName',
    'Versions',
    'MinVersion',
    'MaxVersion',
    'NextToken',
    'MaxResults',
  ]);
  const template = findTemplate(ec2, { id: input.LaunchTemplateId, name: input.LaunchTemplateName });
  const wanted = input.Versions?.length
    ? input.Versions.map((version) => findVersion(template, version))
    : [...template.versions.values()].toReversed();
  const inRange = wanted.filter(
    ({ versionNumber }) =>
      versionNumber >= Number(input.MinVersion ?? 0) &&
      versionNumber <= Number(input.MaxVersion ?? Number.MAX_SAFE_INTEGER),
  );
  const page = takePage([...new Set(inRange)], input.NextToken, input.MaxResults, {
    smallest: 1,
    largest: 200,
  });
  return {
    LaunchTemplateVersions: page.items.map((record) => view(template, record)),
    NextToken: page.nextToken,
  };
}

function deleteVersions(
  ec2: Ec2,
  input: DeleteLaunchTemplateVersionsRequest,
): DeleteLaunchTemplateVersionsResult {
  onlyPlayed('ec2.deleteLaunchTemplateVersions', input, [
    'LaunchTemplateId',
    'LaunchTemplateName',
    'Versions',
  ]);
  const template = findTemplate(ec2, { id: input.LaunchTemplateId, name: input.LaunchTemplateName });
  const { launchTemplateId: LaunchTemplateId, name: LaunchTemplateName } = template;
  const done: DeleteLaunchTemplateVersionsResult = {
    SuccessfullyDeletedLaunchTemplateVersions: [],
    UnsuccessfullyDeletedLaunchTemplateVersions: [],
  };
  for (const version of required(input.Versions, 'LaunchTemplateVersion')) {
    const problem = deleteVersion(template, version);
    const named = { LaunchTemplateId, LaunchTemplateName, VersionNumber: Number(version) };
    if (problem === undefined) done.SuccessfullyDeletedLaunchTemplateVersions?.push(named);
    else done.UnsuccessfullyDeletedLaunchTemplateVersions?.push({ ...named, ResponseError: problem });
  }
  return done;
}

function deleteVersion(
  template: LaunchTemplate,
  version: string,
): { Code: 'launchTemplateVersionDoesNotExist' | 'unexpectedError'; Message: string } | undefined {
  try {
    const { versionNumber } = findVersion(template, version);
    if (versionNumber === template.defaultVersion)
      return { Code: 'unexpectedError', Message: 'The default version cannot be deleted.' };
    template.versions.delete(versionNumber);
    return undefined;
  } catch (error) {
    if (error instanceof AwsError)
      return { Code: 'launchTemplateVersionDoesNotExist', Message: error.message };
    throw error;
  }
}

/** Versions of launch templates. */
export function launchTemplateVersionOperations(ec2: Ec2): Operations<EC2> {
  const tokens = createClientTokens<LaunchTemplateVersion>(128);
  return {
    createLaunchTemplateVersion: (input, context) => createVersion(ec2, tokens, input, context),
    describeLaunchTemplateVersions: (input) => describeVersions(ec2, input),
    deleteLaunchTemplateVersions: (input) => deleteVersions(ec2, input),
  };
}
