import { kubeletConfiguration } from '../../node/kubernetes/kubelet-configuration.ts';
import { poolLabel } from '../../node/worker/protocol.ts';
import { rootGibibytes } from '../clusters/decide-launch-template.ts';
import type { ClusterSpec, PoolSpec } from '../clusters/spec-schema.ts';
import { daemonSetOverhead } from '../demand/read-node.ts';
import { readAmounts } from '../demand/read-requests.ts';
import { type Amounts, type Labels, type PodShape, type Taint, zoneKey } from '../scheduling/model.ts';
import type { TypeSize } from './price-list.ts';

/** What AWS says of an instance type. */
export interface InstanceTypeFact extends TypeSize {
  readonly architecture: 'arm64' | 'x86_64';
}

/** What a node of a pool is once it is up, before any pod but the DaemonSets' is on it. */
export interface FreshNode {
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  /** DaemonSets' share taken off. */
  readonly allocatable: Amounts;
}

export interface FreshNodeInput {
  readonly pool: Pick<PoolSpec, 'name' | 'labels' | 'taints'>;
  readonly type: InstanceTypeFact;
  readonly region: string;
  /** The zone's letter. */
  readonly zone: string;
  readonly network: Pick<ClusterSpec['network'], 'serviceCidr'>;
  readonly daemonSets: readonly PodShape[];
  /** What a node of this pool and type that is there says that pods may ask for: exact. */
  readonly known?: Amounts | undefined;
}

/** The kubelet's own, since its configuration names none: pods, and memory and disk below which it evicts. */
const kubeletDefaults = { pods: 110, evictionBytes: 100 * 1024 ** 2, diskShareKept: 0.1 } as const;
/** Of the memory that a type is sold with, what the hypervisor and the kernel take at most. */
const memoryOverheadShare = 0.075;

/** A node that is not there yet; where none of its kind is known, rather too small than too large. Pure. */
export function freshNode(input: FreshNodeInput): FreshNode {
  const { daemonSets, known, pool, region, type, zone } = input;
  const labels: Labels = {
    ...pool.labels,
    [poolLabel]: pool.name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': type.architecture === 'arm64' ? 'arm64' : 'amd64',
    'node.kubernetes.io/instance-type': type.instanceType,
    'topology.kubernetes.io/region': region,
    [zoneKey]: `${region}${zone}`,
  };
  const { taints } = pool;
  const overhead = daemonSetOverhead(daemonSets, { labels, taints });
  const left: Record<string, number> = { ...(known ?? estimateOf(input)) };
  for (const [name, amount] of Object.entries(overhead)) left[name] = Math.max(0, (left[name] ?? 0) - amount);
  return { labels, taints, allocatable: left };
}

function estimateOf({ network, type }: FreshNodeInput): Amounts {
  const { systemReserved } = kubeletConfiguration(network, 'worker');
  const reserved = readAmounts(systemReserved as Readonly<Record<string, string>>);
  const memory = Math.floor(type.memoryMebibytes * (1 - memoryOverheadShare)) * 1024 ** 2;
  const disk = rootGibibytes * (1 - kubeletDefaults.diskShareKept) * 1024 ** 3;
  return {
    cpu: Math.max(0, type.vcpus * 1000 - (reserved.cpu ?? 0)),
    memory: Math.max(0, memory - (reserved.memory ?? 0) - kubeletDefaults.evictionBytes),
    pods: kubeletDefaults.pods,
    'ephemeral-storage': Math.floor(disk),
  };
}
