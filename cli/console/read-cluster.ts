import type { AutoScaling } from '@aws-sdk/client-auto-scaling';
import type { EC2, Tag } from '@aws-sdk/client-ec2';
import type { ClusterRecord, ObservationRecord, Registry, SlotRecord } from '../../functions/aws/registry.ts';
import { poolZonesOf, slotResourceName, tagKeys } from '../../functions/clusters/names.ts';
import { readTags } from '../../functions/clusters/ownership.ts';
import type { ClusterSpec } from '../../functions/clusters/spec.ts';
import type { EtcdHealth } from '../../functions/etcd/contracts.ts';
import type { KubernetesHealth } from '../../functions/kubernetes/contracts.ts';
import type { Target } from '../target.ts';
import type { Answer, Latest } from './latest.ts';
import { partOf } from './parts.ts';
import type { ClusterReadings, GroupReading, InstanceReading, Unread, VolumeReading } from './readings.ts';

/** What a cluster is read from. */
export interface ClusterSources {
  readonly target: Target;
  readonly registry: Registry;
  readonly ec2: Pick<EC2, 'describeInstances' | 'describeVolumes'>;
  readonly autoscaling: Pick<AutoScaling, 'describeAutoScalingGroups'>;
  /** What the tasks in the VPC say, which takes as long as the slowest member. */
  readonly etcd: Latest<EtcdHealth>;
  readonly kubernetes: Latest<KubernetesHealth>;
  findLocalEndpoint(record: ClusterRecord): Promise<string | undefined>;
}

export interface ClusterRequest {
  readonly name: string;
  /** Of the execution that provisions it, while there is no record. */
  readonly planned: ClusterSpec | undefined;
  readonly zonesCut: readonly string[];
  readonly signal: AbortSignal;
}

/** One look at a cluster. What only a part is missing of is said in `unread`; throws when the registry cannot be read. */
export async function readCluster(
  sources: ClusterSources,
  { name, planned, signal, zonesCut }: ClusterRequest,
): Promise<{ readonly cluster: ClusterReadings; readonly unread: readonly Unread[] }> {
  const { registry } = sources;
  const [record, slots] = await Promise.all([
    registry.getCluster(name, signal),
    registry.getSlots(name, signal),
  ]);
  const spec = record?.spec ?? planned;
  const unread: Unread[] = [];
  const part = partOf(unread, signal);
  const [repairs, instances, volumes, groups, localEndpoint, seen] = await Promise.all([
    registry.getRepairs(name, signal),
    part('instances', readInstances(sources, name), []),
    part('volumes', readVolumes(sources, name), []),
    part('Auto Scaling groups', readGroups(sources, name, spec), []),
    part('the endpoint', record ? sources.findLocalEndpoint(record) : Promise.resolve(undefined), undefined),
    readHealth(sources, record, slots, signal),
  ]);
  unread.push(...seen.unread);
  const cluster = {
    name,
    ...(record && { record }),
    ...(spec && { spec }),
    slots,
    ...(repairs && { repairs }),
    ...(seen.etcd && { etcd: seen.etcd }),
    ...(seen.kubernetes && { kubernetes: seen.kubernetes }),
    instances,
    volumes,
    groups,
    zonesCut,
    ...(localEndpoint !== undefined && { localEndpoint }),
  };
  return { cluster, unread };
}

const nobody: Answer<KubernetesHealth> = {};

interface Health {
  readonly etcd?: EtcdHealth;
  readonly kubernetes?: KubernetesHealth;
  readonly unread: readonly Unread[];
}

/**
 * What etcd and Kubernetes say of themselves now; where nobody may ask, what the watches have last recorded, which says itself how old it
 * is. Before the first member was started there is nobody to be asked.
 */
async function readHealth(
  { etcd, kubernetes, registry }: ClusterSources,
  record: ClusterRecord | undefined,
  slots: readonly SlotRecord[],
  signal: AbortSignal,
): Promise<Health> {
  const begun = record?.formed || slots.some(({ startedOnce }) => startedOnce);
  if (!record || !begun) return { unread: [] };
  const { formed, name } = record;
  const [members, nodes] = await Promise.all([etcd.read(name), formed ? kubernetes.read(name) : nobody]);
  const [watchedMembers, watchedNodes] = await Promise.all([
    members.value || !formed ? undefined : registry.getObservation(name, signal),
    nodes.value || !formed ? undefined : registry.getKubernetesObservation(name, signal),
  ]);
  const asked = members.value ?? recordedAs<EtcdHealth>(watchedMembers);
  const served = nodes.value ?? recordedAs<KubernetesHealth>(watchedNodes);
  const problems = formed ? [...told('etcd', members.problem), ...told('Kubernetes', nodes.problem)] : [];
  return {
    ...(asked && { etcd: asked }),
    ...(served && { kubernetes: served }),
    unread: problems,
  };
}

/** The watches write what the tasks give (functions/sweep/watch-etcd.ts, watch-kubernetes.ts). */
function recordedAs<T>(record: ObservationRecord | undefined): T | undefined {
  return record as T | undefined;
}

function told(what: string, why: string | undefined): Unread[] {
  return why === undefined ? [] : [{ what, why }];
}

function ownedBy({ target }: ClusterSources, cluster: string) {
  return [
    { Name: `tag:${tagKeys.deployment}`, Values: [target.deployment] },
    { Name: `tag:${tagKeys.cluster}`, Values: [cluster] },
  ];
}

async function readInstances(sources: ClusterSources, cluster: string): Promise<InstanceReading[]> {
  const found: InstanceReading[] = [];
  let NextToken: string | undefined;
  do {
    const page = await sources.ec2.describeInstances({
      Filters: ownedBy(sources, cluster),
      ...(NextToken !== undefined && { NextToken }),
    });
    for (const instance of (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances)) {
      const tags = readTags(instance.Tags as Tag[] | undefined);
      const [slot, pool] = [tags[tagKeys.slot], tags[tagKeys.pool]];
      found.push({
        instanceId: instance.InstanceId ?? '',
        state: instance.State?.Name ?? 'unknown',
        type: instance.InstanceType ?? '',
        zone: instance.Placement?.AvailabilityZone ?? '',
        ...(instance.LaunchTime && { launchedAt: instance.LaunchTime.toISOString() }),
        ...(slot !== undefined && { slot }),
        ...(pool !== undefined && { pool }),
        market: instance.InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
      });
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}

async function readVolumes(sources: ClusterSources, cluster: string): Promise<VolumeReading[]> {
  const { Volumes = [] } = await sources.ec2.describeVolumes({
    Filters: [...ownedBy(sources, cluster), { Name: 'tag-key', Values: [tagKeys.slot] }],
  });
  return Volumes.map(({ Attachments = [], Size, State = 'unknown', VolumeId = '' }) => {
    const attachedTo = Attachments[0]?.InstanceId;
    return {
      volumeId: VolumeId,
      state: State,
      ...(Size !== undefined && { sizeGibibytes: Size }),
      ...(attachedTo !== undefined && { attachedTo }),
    };
  });
}

/** DescribeAutoScalingGroups takes at most 100 names. */
const namesPerCallMax = 100;

async function readGroups(
  { autoscaling, target: { deployment } }: ClusterSources,
  cluster: string,
  spec: ClusterSpec | undefined,
): Promise<GroupReading[]> {
  const names = [
    ...(spec?.zones ?? []).map((slot) => slotResourceName(deployment, cluster, slot)),
    ...poolZonesOf(deployment, cluster, spec?.pools ?? []).map(({ groupName }) => groupName),
  ];
  const groups: GroupReading[] = [];
  for (let from = 0; from < names.length; from += namesPerCallMax) {
    const { AutoScalingGroups = [] } = await autoscaling.describeAutoScalingGroups({
      AutoScalingGroupNames: names.slice(from, from + namesPerCallMax),
      MaxRecords: namesPerCallMax,
    });
    for (const { AutoScalingGroupName = '', DesiredCapacity = 0, Instances = [] } of AutoScalingGroups)
      groups.push({
        name: AutoScalingGroupName,
        desired: DesiredCapacity,
        lifecycles: Object.fromEntries(
          Instances.map(({ InstanceId = '', LifecycleState = '' }) => [InstanceId, LifecycleState]),
        ),
      });
  }
  return groups;
}
