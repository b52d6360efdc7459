import type { SourceView } from '../../../cli/console/contracts.ts';
import type { ClusterReadings, InstanceReading, Readings } from '../../../cli/console/readings.ts';
import type { ClusterRecord, SlotRecord } from '../../../functions/aws/registry.ts';
import type { EtcdHealth, MemberHealth } from '../../../functions/etcd/contracts.ts';
import type { KubernetesHealth } from '../../../functions/kubernetes/contracts.ts';
import { buildSpec } from '../../support/specs.ts';

/** A cluster `demo` on three zones with a pool of three workers, all well: tests change what they are about. */
export const slots = ['a', 'b', 'c'] as const;
const at = new Date('2026-03-01T12:00:00Z');
const observedAt = '2026-03-01T11:59:59.000Z';

export const source: SourceView = {
  endpoint: 'http://127.0.0.1:4566',
  region: 'us-east-1',
  accountId: '123456789012',
  deployment: 'trivet',
  callerArn: 'arn:aws:iam::123456789012:user/administrator',
  embedded: true,
};

export const spec = buildSpec({
  pools: [{ name: 'general', instanceTypes: ['m7g.large'], zones: ['a', 'b', 'c'], min: 3, max: 12 }],
});

export const slotRecord = (slot: string, over: Partial<SlotRecord> = {}): SlotRecord => ({
  slot,
  zone: `us-east-1${slot}`,
  address: '10.0.0.10',
  subnetId: `subnet-${slot}`,
  filesystemUuid: `${slot.repeat(8)}-0000-4000-8000-000000000000`,
  generation: 1,
  memberName: `demo-${slot}`,
  phase: 'serving',
  startedOnce: true,
  volumeId: `vol-${slot}`,
  memberId: '255',
  instanceId: `i-${slot}`,
  ...over,
});

export const record: ClusterRecord = {
  name: 'demo',
  spec,
  specHash: 'hash',
  layout: {
    cluster: 'demo',
    clusterUid: 'uid',
    generation: 1,
    initialClusterToken: 'uid-1',
    initialCluster: '',
    slots: slots.map((slot) => ({
      slot,
      zone: `us-east-1${slot}`,
      subnetId: `subnet-${slot}`,
      address: '10.0.0.10',
      resourceName: `trivet-demo-slot-${slot}`,
      memberName: `demo-${slot}`,
      filesystemUuid: `${slot.repeat(8)}-0000-4000-8000-000000000000`,
      generation: 1,
    })),
  },
  phase: 'serving',
  formed: true,
  endpoint: 'https://demo.example.com:6443',
  createdAt: observedAt,
  updatedAt: observedAt,
};

export const member = (slot: string, over: Partial<MemberHealth> = {}): MemberHealth => ({
  slot,
  name: `demo-${slot}`,
  memberId: '255',
  address: '10.0.0.10',
  voter: true,
  leader: slot === 'b',
  healthy: true,
  version: '3.6.14',
  ...over,
});

export const etcd = (members: readonly MemberHealth[] = slots.map((slot) => member(slot))): EtcdHealth => ({
  observedAt,
  reachable: true,
  healthy: members.every(({ healthy }) => healthy),
  reason: '3 voters are healthy and in sync',
  members: [...members],
  alarms: [],
  hash: 'agrees',
});

export const instance = (instanceId: string, over: Partial<InstanceReading> = {}): InstanceReading => ({
  instanceId,
  state: 'running',
  type: 't4g.medium',
  zone: `us-east-1${instanceId.slice(-1)}`,
  launchedAt: '2026-03-01T10:00:00.000Z',
  slot: instanceId.slice(-1),
  market: 'on-demand',
  ...over,
});

export const worker = (letter: string, over: Partial<InstanceReading> = {}): InstanceReading => {
  const { slot: _, ...rest } = instance(`i-w${letter}`);
  return { ...rest, type: 'm7g.large', pool: 'general', ...over };
};

export const kubernetes = (over: Partial<KubernetesHealth> = {}): KubernetesHealth => ({
  cluster: 'demo',
  observedAt,
  ready: true,
  reason: '3 API servers and 6 of 6 nodes are ready',
  version: '1.35.2',
  apiServers: slots.map((slot) => ({ slot, ready: true })),
  nodes: [
    ...slots.map((slot) => ({
      name: `i-${slot}`,
      role: 'control-plane' as const,
      slot,
      ready: true,
      version: '1.35.2',
    })),
    ...slots.map((zone) => ({
      name: `i-w${zone}`,
      role: 'worker' as const,
      pool: 'general',
      ready: true,
      version: '1.35.2',
    })),
  ],
  absent: false,
  ...over,
});

export const cluster = (over: Partial<ClusterReadings> = {}): ClusterReadings => ({
  name: 'demo',
  record,
  spec,
  slots: slots.map((slot) => slotRecord(slot)),
  etcd: etcd(),
  kubernetes: kubernetes(),
  instances: [...slots.map((slot) => instance(`i-${slot}`)), ...slots.map((zone) => worker(zone))],
  volumes: slots.map((slot) => ({
    volumeId: `vol-${slot}`,
    state: 'in-use',
    sizeGibibytes: 20,
    attachedTo: `i-${slot}`,
  })),
  groups: [
    ...slots.map((slot) => ({
      name: `trivet-demo-slot-${slot}`,
      desired: 1,
      lifecycles: { [`i-${slot}`]: 'InService' },
    })),
    ...slots.map((zone) => ({
      name: `trivet-demo-pool-general-${zone}`,
      desired: 1,
      lifecycles: { [`i-w${zone}`]: 'InService' },
    })),
  ],
  zonesCut: [],
  ...over,
});

export const readings = (over: Partial<Readings> = {}): Readings => ({
  at,
  source,
  clusters: ['demo'],
  cluster: cluster(),
  executions: [],
  decisions: [],
  alarms: [],
  approvals: [],
  unread: [],
  ...over,
});

/** Without an optional field that the usual one has. */
export function without<K extends keyof ClusterReadings>(
  readings: ClusterReadings,
  ...fields: readonly K[]
): Omit<ClusterReadings, K> {
  return Object.fromEntries(
    Object.entries(readings).filter(([field]) => !(fields as readonly string[]).includes(field)),
  ) as Omit<ClusterReadings, K>;
}
