import * as z from 'zod/mini';

/**
 * Longest cluster name. A deployment's name has at most ten letters and digits; the target group's `<deployment>-<cluster>-api` must fit
 * into AWS's 32 characters, so that under a deployment of more than seven the plan refuses the longest names (decide-cluster-plan.ts).
 */
export const clusterNameLengthMax = 20;

export const clusterNamePattern = /^[a-z][a-z0-9-]{0,18}[a-z0-9]$/;

/** Name of a cluster, unique in a deployment. */
export const clusterName = z.string().check(z.regex(clusterNamePattern));

/** A slot's name is the letter of its zone. */
export const slotName = z.string().check(z.regex(/^[a-f]$/));

/** Names of what a cluster owns in AWS (plan §2). One function, so that tasks, sweep and policies cannot differ. */
export function namesOf(deployment: string, cluster: string) {
  const prefix = `${deployment}-${cluster}`;
  return {
    /** What the names of all that the cluster owns begin with. */
    prefix,
    controlPlaneSecurityGroup: `${prefix}-control-plane`,
    workerSecurityGroup: `${prefix}-workers`,
    loadBalancerSecurityGroup: `${prefix}-load-balancer`,
    loadBalancer: prefix,
    targetGroup: `${prefix}-api`,
    /** Path of the cluster's roles and instance profiles. */
    rolePath: `/${deployment}/${cluster}/`,
  };
}

/** The one name that a slot's group, launch template, role and instance profile share. */
export function slotResourceName(deployment: string, cluster: string, slot: string): string {
  return `${deployment}-${cluster}-slot-${slot}`;
}

/** The one name that a pool's launch template, role and instance profile share; its groups' names begin with it. */
export function poolResourceName(deployment: string, cluster: string, pool: string): string {
  return `${deployment}-${cluster}-pool-${pool}`;
}

/** A pool's group in one zone; `zone` is the zone's letter. */
export function poolGroupName(deployment: string, cluster: string, pool: string, zone: string): string {
  return `${poolResourceName(deployment, cluster, pool)}-${zone}`;
}

/** A pool's place in one zone, with the name of its group there. */
export interface PoolZone<P> {
  readonly pool: P;
  /** The zone's letter. */
  readonly zone: string;
  readonly groupName: string;
}

/** Every zone of every pool of a cluster, in the order of its spec. Pure. */
export function poolZonesOf<P extends { readonly name: string; readonly zones: readonly string[] }>(
  deployment: string,
  cluster: string,
  pools: readonly P[],
): PoolZone<P>[] {
  return pools.flatMap((pool) =>
    pool.zones.map((zone) => ({
      pool,
      zone,
      groupName: poolGroupName(deployment, cluster, pool.name, zone),
    })),
  );
}

/** The launch hook of every group, under which a new instance waits for Trivet. */
export const launchHookName = 'trivet-launch';

/** The terminate hook of pools' groups, under which a leaving worker waits until it is drained. */
export const terminateHookName = 'trivet-terminate';

/** The member's name in etcd. */
export function memberNameOf(cluster: string, slot: string): string {
  return `${cluster}-${slot}`;
}

/** Keys of the tags on everything that Trivet owns. */
export const tagKeys = {
  deployment: 'trivet:deployment',
  cluster: 'trivet:cluster',
  slot: 'trivet:slot',
  pool: 'trivet:pool',
} as const;

/** Tags of a volume that outlives its cluster: it is whoever's who asked for it, and `trivet:cluster` is no longer on it. */
export const keptTagKeys = { cluster: 'trivet:retired-cluster', uid: 'trivet:retired-cluster-uid' } as const;

/** SSM parameters that a deployment's tasks may read for an image: AWS's own, and those below the deployment's name. */
export function mayReadImageParameter(deployment: string, parameter: string): boolean {
  return parameter.startsWith('/aws/service/') || parameter.startsWith(`/${deployment}/`);
}

/** Where programs and images lie in the deployment's bucket, each under its sha256: the same for all clusters. */
export const artifactPrefix = 'artifacts/';

/** Where a cluster's objects lie in the deployment's bucket (plan §3.3). */
export function objectKeys(cluster: string) {
  const root = `clusters/${cluster}`;
  return {
    root: `${root}/`,
    /** Trivet's own etcd client certificate, for its tasks in the VPC. */
    etcdClient: {
      ca: `${root}/pki/etcd-client/ca.crt`,
      certificate: `${root}/pki/etcd-client/client.crt`,
      key: `${root}/pki/etcd-client/client.key`,
    },
    /** Trivet's own certificates for the Kubernetes API, for its tasks in the VPC. */
    kubernetes: {
      'kubernetes-admin': administratorKeys(root, 'kubernetes-admin'),
      'kubernetes-super-admin': administratorKeys(root, 'kubernetes-super-admin'),
    },
    /** Public keys of service-account tokens, PEM, one or more: the one that signs now and those that signed before. */
    serviceAccountKeys: `${root}/pki/service-account.pub`,
    slot: (slot: string) => `${root}/slots/${slot}/`,
    pool: (pool: string) => `${root}/pools/${pool}/`,
    /** What one worker instance alone may read, and where it reports; `userId` is IAM's `aws:userid`, `<role-id>:<instance-id>`. */
    worker: (userId: string) => ({
      join: `${root}/workers/${userId}/join`,
      report: `${root}/workers/${userId}/report`,
      console: `${root}/workers/${userId}/console.log`,
    }),
    /** What Kubernetes says of the workers and of pods that wait for one (functions/demand/contracts.ts). */
    workersObservation: `${root}/observations/workers.json`,
    /** What waited at that look, and whether a pool can grow for it (functions/demand/demand.ts). */
    demand: `${root}/observations/demand.json`,
    /** Is written when what waits is something else by now: a reason to look at the workers at once. */
    demandChange: `${root}/observations/demand-change.json`,
    directive: (slot: string, instanceId: string) => `${root}/slots/${slot}/directives/${instanceId}`,
    report: (slot: string, instanceId: string) => `${root}/slots/${slot}/reports/${instanceId}`,
    reports: (slot: string) => `${root}/slots/${slot}/reports/`,
  };
}

/** The cluster whose object of this name has this key; undefined where it is nobody's. Pure. */
export function clusterOfKey(
  objectKey: string,
  name: 'workersObservation' | 'demandChange',
): string | undefined {
  const cluster = objectKey.split('/')[1] ?? '';
  return clusterNamePattern.test(cluster) && objectKeys(cluster)[name] === objectKey ? cluster : undefined;
}

function administratorKeys(root: string, user: string) {
  const folder = `${root}/pki/${user}`;
  return { ca: `${folder}/ca.crt`, certificate: `${folder}/client.crt`, key: `${folder}/client.key` };
}
