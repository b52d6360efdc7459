import type { LaunchTemplateSpecification, RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import { refuse } from '../../common/request.ts';
import { found } from '../request.ts';
import type { Ec2 } from '../store.ts';

export interface LaunchTemplateVersionRecord {
  readonly versionNumber: number;
  readonly description: string | undefined;
  readonly data: RequestLaunchTemplateData;
  readonly createTime: Date;
  readonly createdBy: string;
}

export interface LaunchTemplate {
  readonly launchTemplateId: string;
  readonly name: string;
  readonly createTime: Date;
  readonly createdBy: string;
  readonly versions: Map<number, LaunchTemplateVersionRecord>;
  defaultVersion: number;
  /** Numbers are never used again, also when versions are deleted. */
  latestVersion: number;
}

/** A template by its id or its name, exactly one of which must be given. @throws AwsError as EC2 does */
export function findTemplate(
  ec2: Ec2,
  { id, name }: { id: string | undefined; name: string | undefined },
): LaunchTemplate {
  if (id !== undefined && name !== undefined)
    refuse(
      'InvalidParameterCombination',
      'Both launch template name and launch template ID were specified. Specify only one.',
    );
  if (id !== undefined) return found('launchTemplate', ec2.launchTemplates, id);
  if (name === undefined)
    refuse('MissingParameter', 'Either the launch template ID or launch template name must be specified.');
  const template = [...ec2.launchTemplates.values()].find((one) => one.name === name);
  if (template === undefined)
    refuse(
      'InvalidLaunchTemplateName.NotFoundException',
      `The specified launch template, with template name ${name}, does not exist.`,
    );
  return template;
}

/** A version by number, `$Latest` or `$Default`. @throws AwsError InvalidLaunchTemplateId.VersionNotFound */
export function findVersion(template: LaunchTemplate, version: string): LaunchTemplateVersionRecord {
  const number = versionNumber(template, version);
  const record = template.versions.get(number);
  if (record === undefined)
    refuse(
      'InvalidLaunchTemplateId.VersionNotFound',
      `Could not find launch template version ${version} of launch template ${template.launchTemplateId}.`,
    );
  return record;
}

function versionNumber(template: LaunchTemplate, version: string): number {
  if (version === '$Latest') return template.latestVersion;
  if (version === '$Default') return template.defaultVersion;
  if (!/^\d+$/.test(version))
    refuse(
      'InvalidParameterValue',
      `Invalid launch template version: either '$Default', '$Latest', or a numeric version are allowed.`,
    );
  return Number(version);
}

/** What RunInstances takes from a template: the named version, or the default one. */
export function resolveTemplate(
  ec2: Ec2,
  specification: LaunchTemplateSpecification,
): { template: LaunchTemplate; version: LaunchTemplateVersionRecord } {
  const template = findTemplate(ec2, {
    id: specification.LaunchTemplateId,
    name: specification.LaunchTemplateName,
  });
  return { template, version: findVersion(template, specification.Version ?? '$Default') };
}
