import type {
  CreateLaunchTemplateRequest,
  CreateLaunchTemplateResult,
  DeleteLaunchTemplateRequest,
  DeleteLaunchTemplateResult,
  DescribeLaunchTemplatesRequest,
  DescribeLaunchTemplatesResult,
  EC2,
  LaunchTemplate as LaunchTemplateView,
  ModifyLaunchTemplateRequest,
  ModifyLaunchTemplateResult,
} from '@aws-sdk/client-ec2';
import type { Operations, RequestContext } from '../../../kernel/kernel.ts';
import { onlyPlayed, refuse, required } from '../../common/request.ts';
import { describe } from '../describe.ts';
import { type ClientTokens, createClientTokens, found } from '../request.ts';
import type { Ec2 } from '../store.ts';
import { tagsFor } from '../tags.ts';
import { checkTemplateData } from './data.ts';
import { findTemplate, findVersion, type LaunchTemplate } from './launch-template.ts';
import { launchTemplateVersionOperations } from './versions.ts';

function createLaunchTemplate(
  ec2: Ec2,
  tokens: ClientTokens<string>,
  input: CreateLaunchTemplateRequest,
  { principal }: RequestContext,
): CreateLaunchTemplateResult {
  onlyPlayed('ec2.createLaunchTemplate', input, [
    'LaunchTemplateName',
    'LaunchTemplateData',
    'VersionDescription',
    'ClientToken',
    'TagSpecifications',
  ]);
  const made = tokens.recall(input.ClientToken, input);
  if (made !== undefined && ec2.launchTemplates.has(made))
    return { LaunchTemplate: view(ec2, found('launchTemplate', ec2.launchTemplates, made)) };
  const name = required(input.LaunchTemplateName, 'LaunchTemplateName');
  if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name))
    refuse(
      'InvalidLaunchTemplateName.MalformedException',
      'A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _.',
    );
  if ([...ec2.launchTemplates.values()].some((template) => template.name === name))
    refuse('InvalidLaunchTemplateName.AlreadyExistsException', 'Launch template name already in use.');
  const data = required(input.LaunchTemplateData, 'LaunchTemplateData');
  checkTemplateData(data);
  const tags = tagsFor(input.TagSpecifications, 'launch-template');
  const createTime = ec2.kernel.clock.now();
  const createdBy = principal.arn;
  const first = { versionNumber: 1, description: input.VersionDescription, data, createTime, createdBy };
  const template: LaunchTemplate = {
    launchTemplateId: ec2.kernel.ids.ec2('lt'),
    name,
    createTime,
    createdBy,
    versions: new Map([[1, first]]),
    defaultVersion: 1,
    latestVersion: 1,
  };
  ec2.launchTemplates.set(template.launchTemplateId, template);
  ec2.tags.add(template.launchTemplateId, tags);
  tokens.remember(input.ClientToken, input, template.launchTemplateId);
  return { LaunchTemplate: view(ec2, template) };
}

function view(ec2: Ec2, template: LaunchTemplate): LaunchTemplateView {
  return {
    LaunchTemplateId: template.launchTemplateId,
    LaunchTemplateName: template.name,
    CreateTime: template.createTime,
    CreatedBy: template.createdBy,
    DefaultVersionNumber: template.defaultVersion,
    LatestVersionNumber: template.latestVersion,
    Tags: ec2.tags.of(template.launchTemplateId),
  };
}

function describeLaunchTemplates(
  ec2: Ec2,
  input: DescribeLaunchTemplatesRequest,
): DescribeLaunchTemplatesResult {
  onlyPlayed('ec2.describeLaunchTemplates', input, [
    'LaunchTemplateIds',
    'LaunchTemplateNames',
    'Filters',
    'NextToken',
    'MaxResults',
  ]);
  const named = (input.LaunchTemplateNames ?? []).map(
    (name) => findTemplate(ec2, { id: undefined, name }).launchTemplateId,
  );
  const page = describe(input, {
    kind: 'launchTemplate',
    items: [...ec2.launchTemplates.values()],
    idOf: (template) => template.launchTemplateId,
    ids: [...(input.LaunchTemplateIds ?? []), ...named],
    filters: {
      'launch-template-name': (template) => template.name,
      'create-time': (template) => template.createTime.toISOString(),
    },
    tags: ec2.tags,
  });
  return { LaunchTemplates: page.items.map((template) => view(ec2, template)), NextToken: page.nextToken };
}

function modifyLaunchTemplate(ec2: Ec2, input: ModifyLaunchTemplateRequest): ModifyLaunchTemplateResult {
  onlyPlayed('ec2.modifyLaunchTemplate', input, [
    'LaunchTemplateId',
    'LaunchTemplateName',
    'DefaultVersion',
    'ClientToken',
  ]);
  const template = findTemplate(ec2, { id: input.LaunchTemplateId, name: input.LaunchTemplateName });
  const version = findVersion(template, required(input.DefaultVersion, 'DefaultVersion'));
  template.defaultVersion = version.versionNumber;
  return { LaunchTemplate: view(ec2, template) };
}

function deleteLaunchTemplate(ec2: Ec2, input: DeleteLaunchTemplateRequest): DeleteLaunchTemplateResult {
  onlyPlayed('ec2.deleteLaunchTemplate', input, ['LaunchTemplateId', 'LaunchTemplateName']);
  const template = findTemplate(ec2, { id: input.LaunchTemplateId, name: input.LaunchTemplateName });
  const LaunchTemplate = view(ec2, template);
  ec2.launchTemplates.delete(template.launchTemplateId);
  ec2.tags.forget(template.launchTemplateId);
  return { LaunchTemplate };
}

/** Launch templates and their versions. */
export function launchTemplateOperations(ec2: Ec2): Operations<EC2> {
  const tokens = createClientTokens<string>(128);
  return {
    createLaunchTemplate: (input, context) => createLaunchTemplate(ec2, tokens, input, context),
    describeLaunchTemplates: (input) => describeLaunchTemplates(ec2, input),
    modifyLaunchTemplate: (input) => modifyLaunchTemplate(ec2, input),
    deleteLaunchTemplate: (input) => deleteLaunchTemplate(ec2, input),
    ...launchTemplateVersionOperations(ec2),
  };
}
