import type { InstanceTypeFacts } from '../../services/ec2/instance-types.ts';

export interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** What a kubelet knows of itself before it first speaks to an API server. */
export interface KubeletFacts {
  readonly instanceId: string;
  readonly address: string;
  /** Without a v. */
  readonly version: string;
  readonly type: InstanceTypeFacts;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly NodeTaint[];
  /** What the kubelet's configuration keeps for the system: `cpu` in cores, `memory` in bytes. */
  readonly reserved: { readonly cpu: number; readonly memory: number };
}

/** Pods that a kubelet takes by default. */
const podsMax = 110;
/** hard eviction threshold of memory.available by default, bytes. */
const evictionThresholdBytes = 100 * 1024 ** 2;
/** Of the instance's memory, what the hypervisor and the kernel take. */
const memoryShare = 0.975;
const rootGibibytes = 20;

/** Given by every kubelet that waits for a cloud controller; it takes it away. */
export const uninitializedTaint: NodeTaint = {
  key: 'node.cloudprovider.kubernetes.io/uninitialized',
  value: 'true',
  effect: 'NoSchedule',
};

/** Cores, bytes and pods that pods may ask for. */
export function allocatableOf({ type, reserved }: KubeletFacts): {
  cpu: number;
  memory: number;
  pods: number;
} {
  const bytes = Math.floor(type.memoryMib * memoryShare) * 1024 ** 2;
  return {
    cpu: type.vcpus - reserved.cpu,
    memory: bytes - reserved.memory - evictionThresholdBytes,
    pods: podsMax,
  };
}

/** The Node that a kubelet registers. Pure. Its labels are those that NodeRestriction lets a kubelet give itself. */
export function nodeObject(facts: KubeletFacts) {
  const { instanceId, labels, taints, type } = facts;
  const architecture = type.architecture === 'arm64' ? 'arm64' : 'amd64';
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: instanceId,
      labels: {
        'kubernetes.io/hostname': instanceId,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': 'linux',
        'beta.kubernetes.io/arch': architecture,
        ...labels,
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: { taints: [...taints, uninitializedTaint] },
  };
}

/** Why a node is not ready, in a condition's terms; undefined where it is. */
export interface Unready {
  readonly reason: string;
  readonly message: string;
}

/** What a kubelet says until a network plugin has left its configuration. */
export const networkNotReady: Unready = {
  reason: 'KubeletNotReady',
  message:
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
};

export interface NodeCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** The conditions that a kubelet reports. Pure. `pressures`: those that a test has set, by type. */
export function conditionsOf(
  unready: Unready | undefined,
  pressures: Readonly<Record<string, NodeCondition>> = {},
): NodeCondition[] {
  const fine = (type: string, reason: string, message: string): NodeCondition => ({
    type,
    status: 'False',
    reason,
    message,
  });
  return [
    fine('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    fine('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    fine('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    unready
      ? { type: 'Ready', status: 'False' as const, ...unready }
      : {
          type: 'Ready',
          status: 'True' as const,
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
        },
  ].map((condition) => pressures[condition.type] ?? condition);
}

/** The status that a kubelet reports. Pure. */
export function nodeStatus(facts: KubeletFacts, conditions: readonly NodeCondition[], now: string) {
  const { address, instanceId, type, version } = facts;
  const allocatable = allocatableOf(facts);
  const kibibytes = (bytes: number) => `${Math.floor(bytes / 1024)}Ki`;
  const capacity = {
    cpu: String(type.vcpus),
    memory: kibibytes(Math.floor(type.memoryMib * memoryShare) * 1024 ** 2),
    pods: String(podsMax),
    'ephemeral-storage': `${rootGibibytes}Gi`,
  };
  return {
    capacity,
    allocatable: {
      ...capacity,
      cpu: `${Math.round(allocatable.cpu * 1000)}m`,
      memory: kibibytes(allocatable.memory),
    },
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: instanceId },
    ],
    conditions: conditions.map((condition) => ({
      ...condition,
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    })),
    nodeInfo: {
      architecture: type.architecture === 'arm64' ? 'arm64' : 'amd64',
      bootID: instanceId,
      containerRuntimeVersion: 'trivet-stand-in://0',
      kernelVersion: '6.1',
      kubeProxyVersion: '',
      kubeletVersion: `v${version}`,
      machineID: instanceId,
      operatingSystem: 'linux',
      osImage: 'embedded region',
      systemUUID: instanceId,
    },
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  };
}
