import { createIds } from '../region/kernel/ids.ts';

/**
 * A cluster of 5,000 nodes in three zones and four pools, with 50,000 pods in 500 Deployments, and 1,000 more that have no place: each needs a
 * node of its own. Objects about as large as real ones.
 */
const largeCluster = { seed: 42, nodes: 5_000, pods: 50_000, deployments: 500, pending: 1_000 };

const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c'];
const pools = ['batch', 'general', 'jobs', 'web'];
/** So many nodes each pool has. */
export const nodesPerPool = largeCluster.nodes / pools.length;
const at = '2026-03-01T11:00:00Z';
/** What servers add to every object: who manages which of its fields. */
const managedFields = ['kube-controller-manager', 'kubelet'].map((manager) => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  time: at,
  fieldsType: 'FieldsV1',
  fieldsV1: Object.fromEntries(
    Array.from({ length: 25 }, (_, index) => [`f:field-${index}`, { 'f:value': {} }]),
  ),
}));

/** The lists of that cluster, object by object, from its seed. */
export function createLargeCluster() {
  const ids = createIds(largeCluster.seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(ids.random() * values.length)] as T;
  const requests = Array.from({ length: largeCluster.deployments }, () => ({
    cpu: pick(['100m', '250m', '350m']),
    memory: pick(['128Mi', '256Mi', '1Gi']),
  }));
  const hashes = requests.map(() => ids.upper(10).toLowerCase());
  const podOf = (index: number, nodeName?: string) => {
    const deployment = index % largeCluster.deployments;
    const labels = { app: `app-${deployment}`, 'pod-template-hash': hashes[deployment] ?? '' };
    const asked = nodeName === undefined ? { cpu: '3', memory: '4Gi' } : requests[deployment];
    return pod({ index, deployment, labels, requests: asked ?? {}, nodeName });
  };
  return {
    counts: { nodes: largeCluster.nodes, placed: largeCluster.pods, pending: largeCluster.pending },
    node,
    placed: (index: number) => podOf(index, nameOf(index % largeCluster.nodes)),
    pending: (index: number) => podOf(largeCluster.pods + index),
  };
}

const nameOf = (index: number): string => `i-${String(index).padStart(17, '0')}`;
/** Nodes go to pools one block after the other, and within a block from zone to zone. */
const placeOf = (index: number) => ({
  pool: pools[Math.floor(index / nodesPerPool)] ?? '',
  zone: zones[index % zones.length] ?? '',
});

/** That cluster's groups: one for each pool and zone, by pool and the zone's letter, with all of its instances in service. */
export function groupsOfLargeCluster() {
  const instances = Array.from({ length: largeCluster.nodes }, (_, index) => ({
    instanceId: nameOf(index),
    ...placeOf(index),
  }));
  return pools.flatMap((pool) =>
    zones.map((zone) => ({
      pool,
      zone: zone.slice(-1),
      instances: instances.filter((one) => one.pool === pool && one.zone === zone),
    })),
  );
}

/** Its pools as a spec has them. `room`: how many more workers each may have. */
export function poolsOfLargeCluster(room: number) {
  return pools.map((name) => ({
    name,
    instanceTypes: ['m7g.xlarge'],
    zones: zones.map((zone) => zone.slice(-1)),
    min: 0,
    max: nodesPerPool + room,
    scaleDown: {
      enabled: true,
      quietSeconds: 60,
      ageSecondsMin: 600,
      utilizationPercentMax: 50,
      removalsMax: 10,
    },
  }));
}

function node(index: number): object {
  const name = nameOf(index);
  const { pool, zone } = placeOf(index);
  const image = (one: number) => ({
    names: [
      `registry.example/team/image-${one}@sha256:${'0123456789abcdef'.repeat(4)}`,
      `registry.example/team/image-${one}:v1.2.3`,
    ],
    sizeBytes: 123_456_789,
  });
  const condition = (type: string, status: string) => ({
    type,
    status,
    lastHeartbeatTime: at,
    lastTransitionTime: at,
    reason: `Kubelet${type}`,
    message: `kubelet says ${type}`,
  });
  return {
    metadata: {
      name,
      uid: `node-${index}`,
      resourceVersion: '1',
      creationTimestamp: at,
      managedFields,
      labels: {
        'trivet.dev/pool': pool,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'arm64',
        'node.kubernetes.io/instance-type': 'm7g.xlarge',
        'topology.kubernetes.io/zone': zone,
        'topology.kubernetes.io/region': 'us-east-1',
      },
    },
    spec: { providerID: `aws:///${zone}/${name}`, podCIDR: '10.244.0.0/24' },
    status: {
      allocatable: { cpu: '3920m', memory: '15Gi', pods: '110', 'ephemeral-storage': '18Gi' },
      capacity: { cpu: '4', memory: '16Gi', pods: '110', 'ephemeral-storage': '20Gi' },
      conditions: [
        condition('Ready', 'True'),
        condition('MemoryPressure', 'False'),
        condition('DiskPressure', 'False'),
        condition('PIDPressure', 'False'),
      ],
      // A kubelet names its fifty largest.
      images: Array.from({ length: 50 }, (_, one) => image(one)),
    },
  };
}

function pod(about: {
  readonly index: number;
  readonly deployment: number;
  readonly labels: object;
  readonly requests: object;
  readonly nodeName: string | undefined;
}): object {
  const { deployment, index, labels, nodeName, requests } = about;
  const env = Array.from({ length: 12 }, (_, one) => ({
    name: `SETTING_${one}`,
    value: `value-of-setting-${one}`,
  }));
  const waits = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: '0/5000 nodes are available',
    lastTransitionTime: at,
  };
  return {
    metadata: {
      name: `app-${deployment}-${index}`,
      namespace: `team-${deployment % 50}`,
      uid: `pod-${index}`,
      resourceVersion: '1',
      creationTimestamp: at,
      labels,
      managedFields,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `app-${deployment}`,
          uid: `rs-${deployment}`,
          controller: true,
        },
      ],
    },
    spec: {
      ...(nodeName && { nodeName }),
      containers: [
        {
          name: 'app',
          image: 'registry.example/team/app:v1',
          env,
          resources: { requests, limits: requests },
          ports: [{ containerPort: 8080 }],
        },
      ],
      tolerations: ['not-ready', 'unreachable'].map((key) => ({
        key: `node.kubernetes.io/${key}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
      topologySpreadConstraints: [
        {
          topologyKey: 'topology.kubernetes.io/zone',
          maxSkew: 1,
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: { app: `app-${deployment}` } },
        },
      ],
      volumes: [
        {
          name: 'token',
          projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }] },
        },
      ],
    },
    status: { phase: nodeName ? 'Running' : 'Pending', conditions: nodeName ? [] : [waits] },
  };
}
