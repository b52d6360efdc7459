import { setTimeout as sleep } from 'node:timers/promises';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { makeRegistry } from '../functions/aws/registry.ts';
import type { KubernetesHealth, NodeHealth } from '../functions/kubernetes/contracts.ts';
import { isStandIn } from '../node/kubernetes/stand-in.ts';
import { CommandError } from './output.ts';
import { invokeTask, type Target } from './target.ts';

/** A cluster's Kubernetes, as `npm start -- --json` and `trivet status --json` give it. */
export interface KubernetesStatus {
  /** Whether real API servers serve; without the programs an embedded region runs a stand-in. */
  readonly real: boolean;
  readonly version: string | null;
  /** API servers whose own /readyz says ok. */
  readonly apiServersReady: number;
  /** Nodes that are ready: the slots' present instances, and workers. */
  readonly nodesReady: number;
}

/** What the task in the VPC finds; undefined where it cannot look: there is no such cluster yet, or it is not far enough. */
export async function readKubernetes(target: Target, cluster: string): Promise<KubernetesHealth | undefined> {
  try {
    return (await invokeTask<{ health: KubernetesHealth }>(target, 'verify-kubernetes', { cluster })).health;
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

/** The few numbers of it. Pure. */
export function summarizeStatus(health: KubernetesHealth | undefined): KubernetesStatus {
  const version = health?.version ?? null;
  return {
    real: version !== null && !isStandIn(version),
    version,
    apiServersReady: health?.apiServers.filter(({ ready }) => ready).length ?? 0,
    nodesReady: presentNodes(health).filter(({ ready }) => ready).length,
  };
}

/** A lost instance's node says that it is ready until its lease has run out: it is not one of the present ones. */
function presentNodes(health: KubernetesHealth | undefined): readonly NodeHealth[] {
  return (health?.nodes ?? []).filter(({ role, slot }) => role === 'worker' || slot !== undefined);
}

/** How many workers are ready nodes. Pure. */
export function readyWorkers(health: KubernetesHealth | undefined): number {
  return health?.nodes.filter(({ role, ready }) => role === 'worker' && ready).length ?? 0;
}

/** For a person, a line for the whole and one for each part that is not ready. */
export function renderKubernetes(health: KubernetesHealth | undefined): string[] {
  if (!health) return ['Kubernetes: not there yet'];
  const { apiServersReady, real, version } = summarizeStatus(health);
  const nodes = presentNodes(health);
  const of = (role: NodeHealth['role']): string => {
    const all = nodes.filter((node) => node.role === role);
    return `${all.filter(({ ready }) => ready).length} of ${all.length}`;
  };
  const what = real ? version : `a stand-in for ${version ?? 'it'} (npm run binaries builds the real one)`;
  const problems = [
    ...health.apiServers.flatMap(({ slot, reason }) => (reason ? [`API server ${slot}: ${reason}`] : [])),
    ...nodes.flatMap(({ name, pool, reason, slot }) =>
      reason ? [`node ${name} of ${pool ? `pool ${pool}` : `slot ${slot}`}: ${reason}`] : [],
    ),
  ];
  return [
    `Kubernetes: ${what}; ready: ${apiServersReady} of ${health.apiServers.length} API servers, ${of('control-plane')} control-plane nodes, ${of('worker')} workers`,
    ...problems.map((problem) => `  ${problem}`),
  ];
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

const pollMilliseconds = 250;

/**
 * Awaits that every API server, every slot's node and `workers` workers are ready, and that the load balancer has noticed. Resolves to what
 * was found last, also when time ran out.
 */
export async function awaitKubernetes(
  target: Target,
  cluster: string,
  {
    signal,
    timeoutSeconds,
    workers,
  }: { readonly signal: AbortSignal; readonly timeoutSeconds: number; readonly workers: number },
): Promise<KubernetesHealth | undefined> {
  const registry = makeRegistry(target.config);
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    signal.throwIfAborted();
    const [record, health] = await Promise.all([
      registry.getCluster(cluster),
      readKubernetes(target, cluster),
    ]);
    const healthy = health?.ready ? await countHealthy(target, record?.targetGroupArn) : 0;
    const all =
      health?.ready === true && healthy === health.apiServers.length && readyWorkers(health) >= workers;
    if (all || health?.absent || Date.now() > deadline) return health;
    await sleep(pollMilliseconds, undefined, { signal });
  }
}
