import * as z from 'zod/mini';
import { clusterName } from './names.ts';

/** gp3's limits (reference aws-etcd-kubeadm-facts §3). */
export const gp3 = {
  sizeGibibytesMin: 1,
  sizeGibibytesMax: 65_536,
  iopsMin: 3_000,
  iopsMax: 80_000,
  /** At most so many IOPS per GiB. */
  iopsPerGibibyteMax: 500,
  throughputMebibytesPerSecondMin: 125,
  throughputMebibytesPerSecondMax: 2_000,
  /** At most so many MiB/s per provisioned IOPS. */
  throughputPerIopsMax: 0.25,
} as const;

export const etcdVersionDefault = '3.6.14';

/** Amazon Linux 2023 for arm64, as AWS publishes it. */
export const amiParameterDefault = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64';

const cidrPattern = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\/\d{1,2}$/;
const cidr = z.string().check(z.regex(cidrPattern));
const instanceType = z.string().check(z.regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/));
const labelKey = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

export const volumeSpec = z.strictObject({
  sizeGibibytes: z
    ._default(z.int().check(z.minimum(gp3.sizeGibibytesMin), z.maximum(gp3.sizeGibibytesMax)), 20)
    .check(z.describe('Size of each slot’s etcd volume, GiB. May grow later, never shrink.')),
  iops: z
    ._default(z.int().check(z.minimum(gp3.iopsMin), z.maximum(gp3.iopsMax)), 3_000)
    .check(z.describe('Provisioned IOPS of the volume: 3000 to 80000, at most 500 per GiB.')),
  throughputMebibytesPerSecond: z
    ._default(
      z
        .int()
        .check(
          z.minimum(gp3.throughputMebibytesPerSecondMin),
          z.maximum(gp3.throughputMebibytesPerSecondMax),
        ),
      125,
    )
    .check(z.describe('Provisioned throughput, MiB/s: 125 to 2000, at most a quarter of the IOPS.')),
});

const etcd = z.strictObject({
  version: z
    ._default(z.string().check(z.regex(/^\d\.\d{1,2}\.\d{1,3}$/)), etcdVersionDefault)
    .check(z.describe('etcd’s version, 3.6.x; the least patch depends on the Kubernetes version.')),
  volume: z.prefault(volumeSpec, {}).check(z.describe('The gp3 volume that holds a slot’s etcd data.')),
});

const controlPlane = z.strictObject({
  instanceTypes: z
    .array(instanceType)
    .check(
      z.minLength(1),
      z.describe('Instance types, first choice first; on a capacity error the next is taken.'),
    ),
  amiParameter: z
    ._default(z.string().check(z.regex(/^\/[A-Za-z0-9._/-]{1,1010}$/)), amiParameterDefault)
    .check(
      z.describe(
        'SSM parameter that names the image, below /aws/service/ or the deployment’s name; EC2 resolves it at each launch.',
      ),
    ),
  etcd: z.prefault(etcd, {}).check(z.describe('etcd on the control-plane nodes.')),
});

export const networkSpec = z.strictObject({
  podCidr: z._default(cidr, '10.244.0.0/16').check(z.describe('Addresses of pods.')),
  serviceCidr: z._default(cidr, '10.96.0.0/16').check(z.describe('Addresses of services.')),
  cni: z
    ._default(z.enum(['flannel', 'aws-vpc-cni', 'none']), 'flannel')
    .check(
      z.describe(
        'How pods get their addresses: flannel (VXLAN between nodes), aws-vpc-cni (addresses of the VPC’s subnets) or none (you bring one).',
      ),
    ),
});

export const apiSpec = z.strictObject({
  access: z
    ._default(z.enum(['internal', 'public']), 'internal')
    .check(z.describe('Whether the API’s load balancer has addresses of the VPC or of the internet.')),
  allowedCidrs: z
    ._default(z.array(cidr), [])
    .check(z.describe('From where the API may be reached, besides the VPC itself.')),
});

const backups = z.strictObject({
  everyMinutes: z
    ._default(z.int().check(z.minimum(1), z.maximum(1_440)), 15)
    .check(z.describe('Minutes between two etcd backups.')),
  keepDays: z
    ._default(z.int().check(z.minimum(1), z.maximum(3_650)), 14)
    .check(z.describe('Days that a backup is kept.')),
});

const taint = z.strictObject({
  key: z.string().check(z.regex(labelKey), z.describe('Key of the taint.')),
  value: z._default(z.string().check(z.regex(labelValue)), '').check(z.describe('Value of the taint.')),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .check(z.describe('What the taint does to pods that do not tolerate it.')),
});

/** A whole number between bounds, with its default. */
const number = (least: number, most: number, usual: number, description: string) =>
  z._default(z.int().check(z.minimum(least), z.maximum(most)), usual).check(z.describe(description));

const drain = z.strictObject({
  // A lifecycle action lasts 48 hours at most (reference worker-lifecycle §5); 800 seconds of them are left for what follows a drain.
  deadlineSeconds: number(60, 172_000, 3_600, 'How long a drain may wait for disruption budgets, seconds.'),
  atDeadline: z
    ._default(z.enum(['terminate', 'keep']), 'terminate')
    .check(
      z.describe(
        'At the deadline: terminate the worker with what still runs on it, or keep it where AWS leaves the choice.',
      ),
    ),
  onRebalanceRecommendation: z
    ._default(z.enum(['ignore', 'replace']), 'ignore')
    .check(
      z.describe(
        'When EC2 says that a spot worker is more likely to be interrupted: ignore it and wait for the interruption itself, or replace the worker at once.',
      ),
    ),
});

const repair = z.strictObject({
  enabled: z._default(z.boolean(), true).check(z.describe('Whether unhealthy workers are replaced.')),
  notReadySeconds: number(30, 86_400, 300, 'A worker whose Ready is False or Unknown so long is unhealthy.'),
  pressureSeconds: number(60, 86_400, 1_800, 'A worker short of disk or process ids so long is unhealthy.'),
  impairedSeconds: number(60, 86_400, 120, 'A worker that fails EC2’s status checks so long is unhealthy.'),
  replacement: z
    ._default(z.enum(['after', 'before']), 'after')
    .check(z.describe('Whether the replacement is launched after the worker is gone, or before.')),
});

const scaleDown = z.strictObject({
  enabled: z
    ._default(z.boolean(), true)
    .check(z.describe('Whether workers whose pods fit elsewhere are removed.')),
  quietSeconds: number(60, 86_400, 600, 'A worker is removed when it has been dispensable so long.'),
  ageSecondsMin: number(
    0,
    86_400,
    600,
    'A younger worker is not removed: what it was launched for may not have come yet, seconds.',
  ),
  utilizationPercentMax: number(
    0,
    100,
    50,
    'Only workers of which no more is requested (the larger of CPU and memory) are removed, percent.',
  ),
  removalsMax: number(1, 5_000, 10, 'Greatest number of workers removed at once.'),
});

export const poolSpec = z.strictObject({
  name: z
    .string()
    .check(z.regex(/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/), z.describe('Name of the pool, unique in the cluster.')),
  instanceTypes: z
    .array(instanceType)
    .check(
      z.minLength(1),
      z.maxLength(40),
      z.describe(
        'Instance types, first choice first; on a capacity error the next is taken. Of spot, the cheapest that is likely to last.',
      ),
    ),
  zones: z
    .array(z.string().check(z.regex(/^[a-f]$/)))
    .check(z.minLength(1), z.describe('Zone letters in which the pool has workers.')),
  kubernetesVersion: z
    .optional(z.string().check(z.regex(/^1\.\d{1,3}\.\d{1,3}$/)))
    .check(
      z.describe(
        'Kubernetes version of the pool’s kubelets; the cluster’s where it is left out. Up to three minors older, never newer.',
      ),
    ),
  min: z
    ._default(z.int().check(z.minimum(0), z.maximum(5_000)), 0)
    .check(z.describe('Least number of workers, over all zones.')),
  max: z
    .int()
    .check(z.minimum(0), z.maximum(5_000), z.describe('Greatest number of workers, over all zones.')),
  capacity: z
    ._default(z.enum(['on-demand', 'spot']), 'on-demand')
    .check(z.describe('How the instances are bought.')),
  labels: z
    ._default(z.record(z.string().check(z.regex(labelKey)), z.string().check(z.regex(labelValue))), {})
    .check(z.describe('Labels of the pool’s nodes.')),
  taints: z._default(z.array(taint), []).check(z.describe('Taints of the pool’s nodes.')),
  drain: z.prefault(drain, {}).check(z.describe('How a worker’s pods are moved away before it goes.')),
  repair: z.prefault(repair, {}).check(z.describe('When a worker is unhealthy and how it is replaced.')),
  scaleDown: z.prefault(scaleDown, {}).check(z.describe('When workers are removed again.')),
});

export type PoolSpec = z.infer<typeof poolSpec>;

const stormGuard = z.strictObject({
  unhealthyPercentMax: number(
    0,
    100,
    40,
    'While more of a pool’s workers are unhealthy, none is repaired and a person is called, percent.',
  ),
  unhealthyFloor: number(
    0,
    5_000,
    2,
    'So many unhealthy workers of a pool are repaired whatever their share.',
  ),
  coolDownSeconds: number(0, 86_400, 600, 'After a storm the guard stays closed so long, seconds.'),
});

/** The cluster spec: the one schema that the CLI, the workflow and the documentation share. */
export const clusterSpec = z.strictObject({
  apiVersion: z.literal('trivet/v1').check(z.describe('Version of this schema.')),
  name: clusterName.check(z.describe('Name of the cluster, unique in the deployment, 2 to 20 characters.')),
  kubernetesVersion: z
    .string()
    .check(z.regex(/^1\.\d{1,3}\.\d{1,3}$/), z.describe('Kubernetes version, 1.34.x to 1.36.x.')),
  zones: z
    .array(z.string().check(z.regex(/^[a-f]$/)))
    .check(
      z.minLength(1),
      z.describe('Zone letters of the region, one control-plane slot in each: one or three of them.'),
    ),
  controlPlane: controlPlane.check(z.describe('The control-plane nodes.')),
  network: z.prefault(networkSpec, {}).check(z.describe('Address ranges inside the cluster.')),
  api: z.prefault(apiSpec, {}).check(z.describe('Who can reach the Kubernetes API.')),
  backups: z.prefault(backups, {}).check(z.describe('Backups of etcd.')),
  pools: z._default(z.array(poolSpec), []).check(z.describe('Pools of workers.')),
  stormGuard: z
    .prefault(stormGuard, {})
    .check(z.describe('When so many workers look unhealthy that repairing would do harm.')),
  tags: z
    ._default(
      z.record(
        z.string().check(z.minLength(1), z.maxLength(128), z.regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u)),
        z.string().check(z.maxLength(256), z.regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u)),
      ),
      {},
    )
    .check(z.describe('Tags for everything that the cluster owns.')),
});
export type ClusterSpec = z.infer<typeof clusterSpec>;
