import { setTimeout as sleep } from 'node:timers/promises';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { makeObjects } from '../functions/aws/objects.ts';
import { type ClusterRecord, makeRegistry, type SlotRecord } from '../functions/aws/registry.ts';
import { objectKeys } from '../functions/clusters/names.ts';
import { parseReport, type Report } from '../node/protocol.ts';
import type { Target } from './target.ts';

/** A cluster's Kubernetes, as `npm start -- --json` and `trivet status --json` give it. */
export interface KubernetesStatus {
  /** Whether its nodes run real API servers; without the programs an embedded region runs etcd alone. */
  readonly real: boolean;
  readonly version: string | null;
  /** Targets of the load balancer that are healthy: their /readyz says ok. */
  readonly apiServersReady: number;
}

/** What the slots' instances report of Kubernetes and what the load balancer finds. */
export async function readKubernetes(
  target: Target,
  record: Pick<ClusterRecord, 'name' | 'targetGroupArn'>,
  slots: readonly Pick<SlotRecord, 'slot' | 'instanceId'>[],
): Promise<KubernetesStatus> {
  const [reports, apiServersReady] = await Promise.all([
    readReports(target, record.name, slots),
    countHealthy(target, record.targetGroupArn),
  ]);
  const running = reports.filter(({ kubernetes }) => kubernetes === 'starting' || kubernetes === 'ready');
  return {
    real: running.length > 0,
    version: running[0]?.kubernetesVersion ?? null,
    apiServersReady,
  };
}

async function readReports(
  target: Target,
  cluster: string,
  slots: readonly Pick<SlotRecord, 'slot' | 'instanceId'>[],
): Promise<Report[]> {
  const objects = makeObjects(target.config);
  const bodies = await Promise.all(
    slots.map(({ slot, instanceId }) =>
      instanceId === undefined ? undefined : objects.get(objectKeys(cluster).report(slot, instanceId)),
    ),
  );
  return bodies.flatMap((object) => (object ? parseReport(Buffer.from(object.body).toString('utf8')) : []));
}

async function countHealthy(target: Target, TargetGroupArn: string | undefined): Promise<number> {
  if (TargetGroupArn === undefined) return 0;
  const balancers = new ElasticLoadBalancingV2({ region: target.region });
  try {
    const { TargetHealthDescriptions = [] } = await balancers.describeTargetHealth({ TargetGroupArn });
    return TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State === 'healthy').length;
  } finally {
    balancers.destroy();
  }
}

/** For a person, one line. */
export function renderKubernetes({ apiServersReady, real, version }: KubernetesStatus): string {
  const ready = `${apiServersReady} API server${apiServersReady === 1 ? '' : 's'} ready`;
  return real
    ? `Kubernetes: ${version}, ${ready}`
    : `Kubernetes: its programs are not here, etcd runs alone (npm run binaries builds them)`;
}

const pollMilliseconds = 100;

/**
 * Awaits that every slot's API server is ready, where the nodes run any; resolves at once where a node says that it cannot. Resolves to
 * whether all are ready; false when time runs out.
 */
export async function awaitApiServers(
  target: Target,
  cluster: string,
  { signal, timeoutSeconds }: { readonly signal: AbortSignal; readonly timeoutSeconds: number },
): Promise<boolean> {
  const registry = makeRegistry(target.config);
  const deadline = Date.now() + timeoutSeconds * 1000;
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    const [record, slots] = await Promise.all([registry.getCluster(cluster), registry.getSlots(cluster)]);
    const reports = await readReports(target, cluster, slots);
    const said = reports.map(({ kubernetes }) => kubernetes);
    if (said.includes('absent') || said.includes('refused')) return false;
    // The reports are of the instances that are there now; the load balancer may not have noticed yet that one was another.
    const allSay = said.filter((kubernetes) => kubernetes === 'ready').length === slots.length;
    if (allSay && (await countHealthy(target, record?.targetGroupArn)) === slots.length) return true;
    await sleep(pollMilliseconds, undefined, { signal });
  }
  return false;
}
