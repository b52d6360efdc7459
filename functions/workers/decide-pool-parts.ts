import type { LaunchTemplateFact } from '../aws/launch-templates.ts';
import type { InstanceProfileFact, NodeRoleFact } from '../aws/node-roles.ts';
import type { PoolGroupBuilt } from '../aws/pool-groups.ts';
import { decideLaunchTemplate } from '../clusters/decide-launch-template.ts';
import { decideNodeRole } from '../clusters/decide-node-role.ts';
import { poolGroupName } from '../clusters/names.ts';
import type { Owner } from '../clusters/ownership.ts';
import type { ClusterSpec, PoolSpec } from '../clusters/spec-schema.ts';
import { decidePoolGroup, wantedPoolGroup } from './decide-pool-group.ts';
import { wantedPoolTemplate } from './decide-pool-template.ts';
import { wantedWorkerRole } from './decide-worker-role.ts';

/** What AWS has of a pool. */
export interface PoolObservation {
  readonly pool: string;
  readonly role?: NodeRoleFact | undefined;
  readonly profile?: InstanceProfileFact | undefined;
  readonly template?: LaunchTemplateFact | undefined;
  /** Those that exist. */
  readonly groups: readonly PoolGroupBuilt[];
}

/** One resource of a pool, and what would be done to it. */
export interface PoolPart {
  readonly resource: string;
  readonly present: unknown;
  readonly steps: readonly { readonly reason: string }[];
}

interface Place {
  readonly region: string;
  readonly bucket: string;
  readonly keyArn: string;
}

/** What provisioning would do to a pool, by the same decisions as the tasks that do it. Pure. */
export function decidePoolParts(
  owner: Owner,
  of: { readonly spec: ClusterSpec; readonly pool: PoolSpec; readonly securityGroupId: string },
  observed: {
    readonly pools: readonly PoolObservation[];
    readonly subnets: readonly { readonly subnetId: string; readonly zone: string }[];
  },
  place: Place,
): PoolPart[] {
  const { spec, pool, securityGroupId } = of;
  const found = observed.pools.find((one) => one.pool === pool.name);
  const wantedRole = wantedWorkerRole(owner, spec, pool, place);
  const template = found?.template;
  const wantedTemplate = wantedPoolTemplate(
    owner,
    {
      spec,
      pool,
      securityGroupId,
      roleId: found?.role?.roleId || 'not-made-yet',
      instanceProfileName: wantedRole.name,
    },
    place,
  );
  const templateSteps = decideLaunchTemplate(wantedTemplate, template);
  // A template version that is still to be made is one that the groups do not use yet.
  const versionToCome = templateSteps.some(({ step }) => step === 'version');
  const groups = pool.zones.map((zone): PoolPart => {
    const name = poolGroupName(owner.deployment, spec.name, pool.name, zone);
    const group = found?.groups.find((one) => one.name === name);
    const inZone = observed.subnets.filter((subnet) => subnet.zone === `${place.region}${zone}`);
    const wanted = wantedPoolGroup(
      owner,
      spec,
      pool,
      { zone, subnetIds: inZone.map(({ subnetId }) => subnetId) },
      {
        launchTemplateId: template?.launchTemplateId ?? '',
        version: versionToCome ? (group?.launchTemplateVersion ?? '') : (template?.version ?? ''),
      },
    );
    return {
      resource: `group of pool ${pool.name} in ${zone}`,
      present: group,
      steps: decidePoolGroup(wanted, group),
    };
  });
  return [
    {
      resource: `role of pool ${pool.name}`,
      present: found?.role && found.profile,
      steps: decideNodeRole(wantedRole, found?.role, found?.profile),
    },
    { resource: `launch template of pool ${pool.name}`, present: template, steps: templateSteps },
    ...groups,
  ];
}
