import { decideIdentityParts } from '../identity/decide-identity-parts.ts';
import { issuerOf } from '../identity/names.ts';
import { wantedKubernetes } from '../kubernetes/wanted-kubernetes.ts';
import type { Config } from '../runtime/config.ts';
import { decidePoolParts } from '../workers/decide-pool-parts.ts';
import type { Layout, Plan, PlannedChange, Problem, SlotLayout } from './contracts.ts';
import { decideLaunchTemplate, wantedLaunchTemplate } from './decide-launch-template.ts';
import { decideLayout } from './decide-layout.ts';
import { decideLoadBalancer, wantedLoadBalancer } from './decide-load-balancer.ts';
import { decideInterface, findInterface, isOfSlot, wantedInterface } from './decide-network-interface.ts';
import { decideNodeRole, wantedNodeRole } from './decide-node-role.ts';
import {
  decideSecurityGroup,
  wantedControlPlaneGroup,
  wantedLoadBalancerGroup,
  wantedWorkerGroup,
} from './decide-security-groups.ts';
import { decideSlotGroup, wantedSlotGroup } from './decide-slot-group.ts';
import { decideSpecChange } from './decide-spec-change.ts';
import { decideVolume, wantedVolume } from './decide-volume.ts';
import { clusterNameLengthMax, mayReadImageParameter, namesOf } from './names.ts';
import type { ClusterObservation } from './observe-cluster.ts';
import type { Owner } from './ownership.ts';
import { retiringReason } from './retiring.ts';
import { hashSpec } from './spec.ts';
import type { ClusterSpec } from './spec-schema.ts';

export interface PlanInput {
  readonly spec: ClusterSpec;
  readonly observation: ClusterObservation;
  readonly config: Config;
  /** Uid for a cluster that is not recorded yet. */
  readonly freshUid: string;
}

/** AWS's limit on the names of load balancers and target groups. */
const loadBalancerNameLengthMax = 32;

/**
 * What provisioning this spec would do: nothing, make the cluster, converge it, or refuse. Pure, and made of the same decisions that the
 * acting tasks make, so that the plan and the run agree.
 */
export function decideClusterPlan(input: PlanInput): Plan {
  const { spec, observation, config } = input;
  const { record } = observation;
  const specHash = hashSpec(spec);
  const change = record ? decideSpecChange(record.spec, spec) : { changes: [], refusals: [] };
  const zonesRefused = change.refusals.some(({ path }) => path === 'zones');
  const laid = decideLayout(layoutObservation(input));
  const refusals: Problem[] = [
    ...retirementProblems(record),
    ...nameProblems(config.deployment, spec.name),
    ...change.refusals,
    // A layout for zones that are refused anyway would only repeat the refusal.
    ...(zonesRefused ? [] : (laid.problems ?? [])),
    ...imageProblems(spec, observation, config.deployment),
    ...poolProblems(spec, observation, config.region),
  ];
  const head = { cluster: spec.name, specHash, basedOn: record?.updatedAt ?? '' };
  if (refusals.length > 0 || !laid.layout) {
    const layout = record?.layout ?? laid.layout;
    return { action: 'refuse', ...head, ...(layout && { layout }), changes: [], refusals };
  }
  const { layout } = laid;
  const changes = [...change.changes, ...resourceChanges(input, layout)];
  // Something is recorded and was never finished, or AWS lost something: either is finished by the next run.
  if (!record?.formed)
    changes.push({ resource: 'etcd', change: 'create', reason: 'etcd is not yet formed and verified' });
  else changes.push(...kubernetesChanges(input));
  const action = !record ? 'create' : changes.length > 0 ? 'converge' : 'unchanged';
  return { action, ...head, layout, changes, refusals: [] };
}

/** What the cluster's API is to hold: known by its hash, since plans are made outside the VPC. */
function kubernetesChanges({ spec, observation: { record }, config }: PlanInput): PlannedChange[] {
  const wanted = record && wantedKubernetes({ ...record, spec }, config);
  if (!wanted || record?.kubernetes?.appliedHash === wanted.hash) return [];
  const change = record?.kubernetes ? 'update' : 'create';
  const reason = record?.kubernetes
    ? 'bindings or add-ons differ from what was last applied'
    : 'bindings and add-ons are not yet applied and verified';
  return [{ resource: 'kubernetes', change, reason }];
}

function layoutObservation({ spec, observation, config, freshUid }: PlanInput) {
  const { deployment, region } = config;
  const { record, interfaces, promisedAddresses, vpcCidrs } = observation;
  const owner: Owner = { deployment, cluster: spec.name };
  const foreign = interfaces.filter((one) => !spec.zones.some((slot) => isOfSlot(one, owner, slot)));
  const own = interfaces.filter((one) => spec.zones.some((slot) => isOfSlot(one, owner, slot)));
  return {
    deployment,
    region,
    spec,
    vpcCidrs,
    subnets: observation.subnets.map((subnet) => ({
      ...subnet,
      usedAddresses: [
        ...promisedAddresses,
        ...foreign.filter(({ subnetId }) => subnetId === subnet.subnetId).flatMap((one) => one.addresses),
      ],
    })),
    recorded: record?.layout,
    builtSlots: (record?.layout.slots ?? [])
      .filter((slot) => findInterface(own, slot) || record?.formed)
      .map(({ slot }) => slot),
    freshUid,
  };
}

/** In the order of the workflow. A resource's steps become one line, since a person wants to know what changes and why. */
function resourceChanges(input: PlanInput, layout: Layout): PlannedChange[] {
  const { spec, observation, config } = input;
  const owner: Owner = { deployment: config.deployment, cluster: spec.name };
  const names = namesOf(config.deployment, spec.name);
  const { loadBalancer, targetGroup, securityGroups, vpcCidrs } = observation;
  const group = (name: string) => securityGroups.find((one) => one.name === name);
  const balancerGroup = group(names.loadBalancerSecurityGroup);
  const nodesGroup = group(names.controlPlaneSecurityGroup);
  const workersGroup = group(names.workerSecurityGroup);
  const sources = {
    controlPlane: nodesGroup?.securityGroupId ?? '',
    workers: workersGroup?.securityGroupId ?? '',
    loadBalancer: balancerGroup?.securityGroupId ?? '',
    etcdClients: config.etcdClientSecurityGroupId,
  };
  return [
    ...changeOf(
      'load balancer security group',
      balancerGroup,
      decideSecurityGroup(wantedLoadBalancerGroup(owner, spec, vpcCidrs), balancerGroup),
    ),
    ...changeOf(
      'control plane security group',
      nodesGroup,
      decideSecurityGroup(wantedControlPlaneGroup(owner, spec, sources), nodesGroup),
    ),
    ...changeOf(
      'worker security group',
      workersGroup,
      decideSecurityGroup(wantedWorkerGroup(owner, spec, sources), workersGroup),
    ),
    ...layout.slots.flatMap((slot) => slotChanges(input, layout, slot, sources.controlPlane)),
    ...changeOf(
      'load balancer',
      loadBalancer && targetGroup,
      decideLoadBalancer(wantedLoadBalancer(owner, spec, layout), loadBalancer, targetGroup),
    ),
    ...decideIdentityParts(owner, spec, issuerOf(config, layout), observation.identity, config).flatMap(
      ({ resource, present, steps }) => changeOf(resource, present, steps),
    ),
    ...spec.pools
      .flatMap((pool) =>
        decidePoolParts(owner, { spec, pool, securityGroupId: sources.workers }, observation, config).map(
          (part) => changeOf(part.resource, part.present, part.steps),
        ),
      )
      .flat(),
  ];
}

function slotChanges(
  { spec, observation, config }: PlanInput,
  layout: Layout,
  slot: SlotLayout,
  securityGroupId: string,
): PlannedChange[] {
  const owner: Owner = { deployment: config.deployment, cluster: spec.name };
  const record = observation.slotRecords.find((one) => one.slot === slot.slot);
  const found = observation.slots.find((one) => one.slot === slot.slot);
  const networkInterface = findInterface(observation.interfaces, slot);
  const template = found?.launchTemplate;
  const of = (resource: string, present: unknown, steps: readonly { readonly reason: string }[]) =>
    changeOf(resource, present, steps, slot.slot);
  const wantedTemplate = wantedLaunchTemplate(
    owner,
    {
      spec,
      layout,
      slot,
      networkInterfaceId: networkInterface?.networkInterfaceId ?? '',
      instanceProfileName: slot.resourceName,
      endpoint: observation.record?.endpoint,
    },
    config,
  );
  const templateSteps = decideLaunchTemplate(wantedTemplate, template);
  // A template version that is still to be made is one that the group does not use yet.
  const versionToCome = templateSteps.some(({ step }) => step === 'version');
  const groupVersion = found?.group?.launchTemplateVersion ?? '';
  const wantedGroup = wantedSlotGroup(owner, spec, slot, {
    launchTemplateId: template?.launchTemplateId ?? '',
    version: versionToCome ? groupVersion : (template?.version ?? ''),
  });
  return [
    ...of(
      'network interface',
      networkInterface,
      decideInterface(wantedInterface(owner, spec, slot, securityGroupId), networkInterface),
    ),
    ...of(
      'volume',
      record?.volumeId,
      decideVolume(wantedVolume(owner, spec, layout, slot), { record, volumes: observation.volumes }),
    ),
    ...of(
      'node role',
      found?.role && found.profile,
      decideNodeRole(wantedNodeRole(owner, spec, slot, config), found?.role, found?.profile),
    ),
    ...of('launch template', template, templateSteps),
    ...of('slot group', found?.group, decideSlotGroup(wantedGroup, found?.group)),
  ];
}

function changeOf(
  resource: string,
  present: unknown,
  steps: readonly { readonly reason: string }[],
  slot?: string,
): PlannedChange[] {
  if (steps.length === 0) return [];
  const change = present === undefined ? 'create' : 'update';
  // What does not exist lacks everything: one reason says it.
  const told = change === 'create' ? steps.slice(0, 1) : steps;
  const reason = told.map((step) => step.reason).join('; ');
  return [{ resource, ...(slot !== undefined && { slot }), change, reason }];
}

/** What is taken away is not made at the same time; there is no way back for what is gone already. */
function retirementProblems(record: ClusterObservation['record']): Problem[] {
  const problem = retiringReason(record);
  if (problem === undefined) return [];
  const fix = 'wait until retire-cluster has ended (trivet status), or choose another name';
  return [{ path: 'name', problem, fix }];
}

/** A long deployment name leaves less room: AWS cuts no name, it refuses it. */
function nameProblems(deployment: string, cluster: string): Problem[] {
  const excess = namesOf(deployment, cluster).targetGroup.length - loadBalancerNameLengthMax;
  if (excess <= 0) return [];
  const max = Math.min(clusterNameLengthMax, cluster.length - excess);
  return [
    {
      path: 'name',
      problem: `"${cluster}" is too long for the deployment ${deployment}: its target group’s name would have ${loadBalancerNameLengthMax + excess} characters of ${loadBalancerNameLengthMax}`,
      fix: `use at most ${max} characters`,
    },
  ];
}

function imageProblems(
  spec: ClusterSpec,
  { imageExists }: ClusterObservation,
  deployment: string,
): Problem[] {
  if (imageExists) return [];
  const { amiParameter } = spec.controlPlane;
  if (!mayReadImageParameter(deployment, amiParameter))
    return [
      {
        path: 'controlPlane.amiParameter',
        problem: `the deployment ${deployment} may not read ${amiParameter}`,
        fix: `use a parameter below /aws/service/ or /${deployment}/`,
      },
    ];
  return [
    {
      path: 'controlPlane.amiParameter',
      problem: `there is no SSM parameter ${amiParameter} in this account and region`,
      fix: 'create it with an image ID as its value, or leave amiParameter out for Amazon Linux 2023',
    },
  ];
}

function poolProblems(spec: ClusterSpec, { subnets }: ClusterObservation, region: string): Problem[] {
  const zones = new Set(subnets.map(({ zone }) => zone));
  const letters = [...zones].map((zone) => zone.slice(region.length)).sort();
  return spec.pools.flatMap((pool, index) =>
    pool.zones.flatMap((letter, position) =>
      zones.has(`${region}${letter}`)
        ? []
        : [
            {
              path: `pools[${index}].zones[${position}]`,
              problem: `the deployment has no subnet in ${region}${letter}`,
              fix: `choose from its zones: ${letters.join(', ')}`,
            },
          ],
    ),
  );
}
