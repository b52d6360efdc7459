import {
  type _InstanceType,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateTagsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
  type LaunchTemplateVersion,
  type RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { assertOwn, missingTags, type Owner, readTags, type Tags, writeTags } from '../clusters/ownership.ts';
import type { Config } from '../runtime/config.ts';
import { AwsUnavailable } from '../runtime/errors.ts';
import { calling, callingUnless } from './classify.ts';
import { abortedBy, clientSettings } from './client-settings.ts';

export interface TemplateVersionFact {
  /** Its number, as text. */
  readonly version: string;
  /** What it was made from: the hash that its maker put into its description. */
  readonly dataHash: string;
  readonly instanceType: string;
}

/** A launch template with its latest version. */
export interface LaunchTemplateFact extends TemplateVersionFact {
  readonly launchTemplateId: string;
  readonly name: string;
  readonly tags: Tags;
}

/** A version's content and the hash that tells it from another. */
export interface LaunchTemplateData {
  readonly data: RequestLaunchTemplateData;
  readonly hash: string;
}

export interface LaunchTemplates {
  find(name: string, signal?: AbortSignal): Promise<LaunchTemplateFact | undefined>;
  /** One version of a template, by number, `$Latest` or `$Default`; undefined when there is none. */
  findVersion(
    launchTemplateId: string,
    version: string,
    signal?: AbortSignal,
  ): Promise<TemplateVersionFact | undefined>;
  create(
    request: { readonly name: string; readonly content: LaunchTemplateData; readonly tags: Tags },
    signal?: AbortSignal,
  ): Promise<LaunchTemplateFact>;
  createVersion(
    template: LaunchTemplateFact,
    content: LaunchTemplateData,
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<string>;
  /** Makes a version that differs from `source` in its instance type alone, and keeps its hash; answers its number. */
  createVersionOfType(
    template: LaunchTemplateFact,
    request: { readonly source: TemplateVersionFact; readonly instanceType: string },
    owner: Owner,
    signal?: AbortSignal,
  ): Promise<string>;
  tag(template: LaunchTemplateFact, wanted: Tags, owner: Owner, signal?: AbortSignal): Promise<void>;
}

const notFound = ['InvalidLaunchTemplateName.NotFoundException', 'InvalidLaunchTemplateId.NotFound'];
const versionNotFound = [...notFound, 'InvalidLaunchTemplateId.VersionNotFound'];
const existsAlready = ['InvalidLaunchTemplateName.AlreadyExistsException'];

export function makeLaunchTemplates(config: Config): LaunchTemplates {
  const client = new EC2Client(clientSettings(config));
  return { ...reading(client), ...building(client) };
}

function reading(client: EC2Client): Pick<LaunchTemplates, 'find' | 'findVersion'> {
  const findVersion: LaunchTemplates['findVersion'] = async (launchTemplateId, version, signal) => {
    const command = new DescribeLaunchTemplateVersionsCommand({
      LaunchTemplateId: launchTemplateId,
      Versions: [version],
    });
    const call = client.send(command, abortedBy(signal));
    const found = await callingUnless('ec2:DescribeLaunchTemplateVersions', versionNotFound, call);
    const one = found?.LaunchTemplateVersions?.[0];
    return one && versionFact(one);
  };
  return {
    findVersion,
    async find(name, signal) {
      const command = new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [name] });
      const call = client.send(command, abortedBy(signal));
      const found = await callingUnless('ec2:DescribeLaunchTemplates', notFound, call);
      const template = found?.LaunchTemplates?.[0];
      if (!template?.LaunchTemplateId) return undefined;
      const { LaunchTemplateId: launchTemplateId, LatestVersionNumber = 1 } = template;
      const latest = await findVersion(launchTemplateId, String(LatestVersionNumber), signal);
      if (!latest) throw new AwsUnavailable(`version ${LatestVersionNumber} of ${name} is not shown yet`);
      return { launchTemplateId, name, ...latest, tags: readTags(template.Tags) };
    },
  };
}

function versionFact(found: LaunchTemplateVersion): TemplateVersionFact {
  return {
    version: String(found.VersionNumber ?? ''),
    dataHash: found.VersionDescription ?? '',
    instanceType: found.LaunchTemplateData?.InstanceType ?? '',
  };
}

function building(client: EC2Client): Omit<LaunchTemplates, 'find' | 'findVersion'> {
  return {
    async create({ name, content, tags }, signal) {
      const command = new CreateLaunchTemplateCommand({
        LaunchTemplateName: name,
        VersionDescription: content.hash,
        LaunchTemplateData: content.data,
        ClientToken: content.hash,
        TagSpecifications: [{ ResourceType: 'launch-template', Tags: writeTags(tags) }],
      });
      const call = client.send(command, abortedBy(signal));
      const made = await callingUnless('ec2:CreateLaunchTemplate', existsAlready, call);
      const launchTemplateId = made?.LaunchTemplate?.LaunchTemplateId;
      if (!launchTemplateId)
        throw new AwsUnavailable(`launch template ${name} is there, and EC2 does not show it yet`);
      const version = String(made.LaunchTemplate?.LatestVersionNumber ?? 1);
      const instanceType = content.data.InstanceType ?? '';
      return { launchTemplateId, name, version, dataHash: content.hash, instanceType, tags };
    },
    async createVersion(template, content, owner, signal) {
      assertOwn(template.launchTemplateId, template.tags, owner);
      const command = new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: template.launchTemplateId,
        VersionDescription: content.hash,
        LaunchTemplateData: content.data,
        // With the version that it follows: going back to earlier content is a new version too.
        ClientToken: `${content.hash.slice(0, 48)}-${template.version}`,
      });
      const made = await calling('ec2:CreateLaunchTemplateVersion', client.send(command, abortedBy(signal)));
      return String(made.LaunchTemplateVersion?.VersionNumber ?? '');
    },
    async createVersionOfType(template, { source, instanceType }, owner, signal) {
      assertOwn(template.launchTemplateId, template.tags, owner);
      const command = new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: template.launchTemplateId,
        SourceVersion: source.version,
        VersionDescription: source.dataHash,
        LaunchTemplateData: { InstanceType: instanceType as _InstanceType },
        // With the latest version: going back to an earlier type is a new version too.
        ClientToken: `${source.dataHash.slice(0, 48)}-${source.version}-${template.version}-${instanceType}`,
      });
      const made = await calling('ec2:CreateLaunchTemplateVersion', client.send(command, abortedBy(signal)));
      return String(made.LaunchTemplateVersion?.VersionNumber ?? '');
    },
    async tag(template, wanted, owner, signal) {
      assertOwn(template.launchTemplateId, template.tags, owner);
      const Tags = writeTags(missingTags(template.tags, wanted));
      const command = new CreateTagsCommand({ Resources: [template.launchTemplateId], Tags });
      await calling('ec2:CreateTags', client.send(command, abortedBy(signal)));
    },
  };
}
