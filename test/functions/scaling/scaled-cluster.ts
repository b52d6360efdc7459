import type { PoolGroupFound } from '../../../functions/aws/pool-groups.ts';
import type { ClusterSpec } from '../../../functions/clusters/spec-schema.ts';
import type { WorkerNode, WorkersObservation } from '../../../functions/demand/contracts.ts';
import type { InstanceTypeFact } from '../../../functions/scaling/fresh-node.ts';
import type { ScalingInput } from '../../../functions/scaling/places.ts';
import type { PodShape } from '../../../functions/scheduling/model.ts';
import { buildSpec } from '../../support/specs.ts';

export const now = new Date('2026-11-27T12:00:00Z');
export const gibibyte = 1024 ** 3;

export const types: InstanceTypeFact[] = [
  { instanceType: 'm7g.large', vcpus: 2, memoryMebibytes: 8_192, architecture: 'arm64' },
  { instanceType: 'm6g.large', vcpus: 2, memoryMebibytes: 8_192, architecture: 'arm64' },
];

/** One pool over two zones, 0 to 4 workers, with some fields changed. */
export function poolOf(changes: object = {}) {
  const least = { name: 'general', instanceTypes: ['m7g.large', 'm6g.large'], zones: ['a', 'b'], max: 4 };
  return { ...least, ...changes };
}

/** A group with `joined` instances in service, named by zone and number; `desired` of them are wanted. */
export function groupOf(
  zone: string,
  desired: number,
  changes: Partial<PoolGroupFound> = {},
): PoolGroupFound {
  return {
    name: `trivet-demo-pool-general-${zone}`,
    subnetIds: [],
    launchTemplateId: 'lt-1',
    launchTemplateVersion: '1',
    min: 0,
    max: 4,
    desired,
    instances: Array.from({ length: desired }, (_, index) => instanceOf(zone, index)),
    suspended: [],
    tags: {},
    ...changes,
  };
}

export function instanceOf(zone: string, index: number, lifecycleState = 'InService') {
  const instanceId = `i-${zone}${index}`;
  const place = { zone: `us-east-1${zone}`, instanceType: 'm7g.large' };
  return { instanceId, lifecycleState, healthStatus: 'Healthy', ...place };
}

export const web: PodShape = {
  namespace: 'shop',
  labels: { app: 'web' },
  requests: { cpu: 1_500, memory: gibibyte },
};

export function nodeOf(zone: string, index: number, changes: Partial<WorkerNode> = {}): WorkerNode {
  return {
    name: `i-${zone}${index}`,
    pool: 'general',
    zone: `us-east-1${zone}`,
    createdAt: '2026-11-27T10:00:00Z',
    unschedulable: false,
    labels: {
      'trivet.dev/pool': 'general',
      'topology.kubernetes.io/zone': `us-east-1${zone}`,
      'node.kubernetes.io/instance-type': 'm7g.large',
    },
    taints: [],
    allocatable: { cpu: 1_900, memory: 7 * gibibyte, pods: 110, 'ephemeral-storage': 18 * gibibyte },
    conditions: [{ type: 'Ready', status: 'True', since: '2026-11-27T10:01:00Z' }],
    pods: [],
    ...changes,
  };
}

/** So many pods, of which each needs a worker of its own. */
export function waiting(count: number, shape: PodShape = web) {
  const pods = Array.from({ length: count }, (_, index) => `shop/web-${String(index).padStart(2, '0')}`);
  return { shape, pods, oldest: '2026-11-27T11:59:50Z' };
}

export function inputOf(
  seen: Partial<WorkersObservation> = {},
  {
    pools = [poolOf()],
    fresh = true,
    ...changes
  }: Partial<ScalingInput> & {
    pools?: object[];
    fresh?: boolean;
  } = {},
): ScalingInput {
  const observation: WorkersObservation = {
    cluster: 'demo',
    observedAt: '2026-11-27T11:59:55Z',
    reachable: true,
    nodes: [],
    pending: [],
    leftOut: [],
    daemonSets: [],
    budgets: [],
    allPods: true,
    ...seen,
  };
  const spec: ClusterSpec = buildSpec({ pools });
  return {
    deployment: 'trivet',
    region: 'us-east-1',
    spec,
    found: { observation, ageSeconds: fresh ? 5 : 900, fresh },
    groups: [groupOf('a', 0), groupOf('b', 0)],
    types,
    backOffs: [],
    unneeded: [],
    ...changes,
  };
}
