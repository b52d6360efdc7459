import type { PoolInstance } from '../../../functions/aws/pool-groups.ts';
import type { RepairRecord, RepairsRecord } from '../../../functions/aws/records.ts';
import type { WorkerNode, WorkersObservation } from '../../../functions/demand/contracts.ts';
import { renderObservation } from '../../../functions/demand/stored-observation.ts';
import type { NodeSeen, NodesSeen, WorkerSeen } from '../../../functions/repair/judge-health.ts';
import type { GroupSeen, PoolSeen } from '../../../functions/repair/judge-pool.ts';
import type { RepairPolicy, StormGuard } from '../../../functions/repair/policy.ts';

export const now = new Date('2026-03-01T12:00:00.000Z');

/** So many seconds ago. */
export const ago = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString();

export const policy: RepairPolicy = {
  enabled: true,
  notReadySeconds: 300,
  pressureSeconds: 1_800,
  impairedSeconds: 120,
  replacement: 'after',
  absentSeconds: 600,
};

export const stormGuard: StormGuard = { unhealthyPercentMax: 40, unhealthyFloor: 2, coolDownSeconds: 600 };

export type Condition = NodeSeen['conditions'][number];

export const ready = (status: Condition['status'], since: string): Condition => ({
  type: 'Ready',
  status,
  since,
});

export function node(name: string, conditions: readonly Condition[], more: Partial<NodeSeen> = {}): NodeSeen {
  return { name, createdAt: ago(86_400), unschedulable: false, conditions, ...more };
}

export const well = (name: string): NodeSeen => node(name, [ready('True', ago(80_000))]);
export const dead = (name: string, seconds = 301): NodeSeen => node(name, [ready('Unknown', ago(seconds))]);

export function nodesOf(nodes: readonly NodeSeen[], observedAt = ago(10)): NodesSeen {
  return { usable: true, observedAt, nodes: new Map(nodes.map((one) => [one.name, one])) };
}

export const worker = (instanceId: string, lifecycleState = 'InService'): WorkerSeen => ({
  instanceId,
  lifecycleState,
  impaired: [],
});

export function group(
  zone: string,
  workers: readonly WorkerSeen[],
  sizes: Partial<GroupSeen> = {},
): GroupSeen {
  return {
    name: `trivet-demo-pool-general-${zone}`,
    zone,
    desired: workers.length,
    min: 0,
    max: 10,
    workers,
    ...sizes,
  };
}

export function recordOf(fields: Partial<RepairsRecord> = {}): RepairsRecord {
  return { revision: 7, ailing: { observedAt: ago(70), since: {} }, pools: {}, repairs: [], ...fields };
}

export function repairOf(instanceId: string, fields: Partial<RepairRecord> = {}): RepairRecord {
  return {
    pool: 'general',
    zone: 'a',
    instanceId,
    reason: `${instanceId} is dead`,
    replacement: 'after',
    startedAt: ago(60),
    ...fields,
  };
}

/** A pool whose guard has what the group tells; five workers in zone a unless told otherwise. */
export function poolOf(
  nodes: NodesSeen,
  groups: readonly GroupSeen[],
  fields: Partial<PoolSeen> = {},
): PoolSeen {
  return { cluster: 'demo', pool: 'general', policy, guard: stormGuard, groups, nodes, ...fields };
}

/** The object that `watch-workers` would have written of these nodes, none of which has pods. */
export function writtenObservation(
  nodes: readonly NodeSeen[],
  fields: Partial<Pick<WorkersObservation, 'observedAt' | 'reachable' | 'reason'>> = {},
): string {
  const rest = { pool: 'general', labels: {}, taints: [], allocatable: {}, pods: [] };
  return renderObservation({
    cluster: 'demo',
    observedAt: ago(20),
    reachable: true,
    // The fixture's conditions may say `reason: undefined`, which JSON leaves out.
    nodes: nodes.map((one) => ({ ...one, ...rest }) as WorkerNode),
    pending: [],
    leftOut: [],
    daemonSets: [],
    allPods: false,
    ...fields,
  });
}

/** What a group says that repairs do not look at. */
export const unusedOfGroup = {
  subnetIds: [],
  launchTemplateId: 'lt-1',
  launchTemplateVersion: '1',
  instanceTypes: ['m7g.large'],
  capacity: 'on-demand' as const,
  suspended: [],
};

/** A member as Auto Scaling shows it. */
export const memberOf = (instanceId: string, lifecycleState: string): PoolInstance => ({
  instanceId,
  lifecycleState,
  healthStatus: 'Healthy',
  instanceType: 'm7g.large',
  zone: 'us-east-1a',
});
