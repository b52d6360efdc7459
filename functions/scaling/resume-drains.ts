import { type Executions, executionArnOf } from '../aws/executions.ts';
import { poolZonesOf } from '../clusters/names.ts';
import type { PoolsSeen } from '../demand/observe-pools.ts';
import type { DrainCause, DrainEnd } from '../drain/contracts.ts';
import { drainedFor } from '../drain/mark-node.ts';
import type { TaskContext } from '../runtime/task.ts';
import type { SweepFinding } from '../sweep/contracts.ts';
import { numberedAttemptsMax } from '../sweep/start-named.ts';

/** Drains that nothing but their node's mark tells of, and what becomes of the worker then. A person's alone is the person's to begin again. */
const endOf: Partial<Record<DrainCause, DrainEnd>> = {
  'scale-down': 'terminate-and-shrink',
  rebalance: 'terminate',
};

/**
 * Begins drains anew that died before their worker came into its hook (L8): its node takes no pods, so that nobody else would find it. Such a
 * node is still marked in a look that was taken after its drain ended, however that ended.
 */
export async function resumeDrains(
  pools: readonly PoolsSeen[],
  executions: Pick<Executions, 'describe'>,
  { config, signal }: Pick<TaskContext, 'config' | 'signal'>,
): Promise<SweepFinding[]> {
  const stateMachineArn = `${config.stateMachineArnPrefix}drain-worker`;
  const isDead = async ({ cluster, instanceId, pool }: SweepFinding, observedAt: string) => {
    let latest: Awaited<ReturnType<Executions['describe']>>;
    for (let attempt = 1; attempt <= numberedAttemptsMax; attempt += 1) {
      const name = `${cluster}-${pool}-${instanceId}-${attempt}`;
      const found = await executions.describe(executionArnOf(stateMachineArn, name), signal);
      if (!found) return latest ? Date.parse(latest.stoppedAt ?? '') < Date.parse(observedAt) : true;
      latest = found;
    }
    // It has failed again and again, and each time a person was called.
    return false;
  };
  const marked = pools.flatMap((seen) => markedWorkers(seen, config.deployment));
  const judged = await Promise.all(
    marked.map(async ({ finding, observedAt }) => ((await isDead(finding, observedAt)) ? [finding] : [])),
  );
  return judged.flat();
}

/** Workers in service whose nodes are marked for such a drain. Pure. */
function markedWorkers(
  { cluster: { name: cluster, spec }, found, groups }: PoolsSeen,
  deployment: string,
): { readonly finding: SweepFinding; readonly observedAt: string }[] {
  if (!found?.fresh || !found.observation.reachable) return [];
  const { nodes, observedAt } = found.observation;
  const causes = new Map(nodes.map(({ name, taints }) => [name, drainedFor(taints)]));
  return poolZonesOf(deployment, cluster, spec.pools).flatMap(({ groupName, pool, zone }) => {
    const group = groups.find(({ name }) => name === groupName);
    const serving = group?.instances.filter(({ lifecycleState }) => lifecycleState === 'InService') ?? [];
    return serving.flatMap(({ instanceId }) => {
      const cause = causes.get(instanceId) as DrainCause | undefined;
      const afterwards = cause && endOf[cause];
      if (!afterwards) return [];
      const reason = `the drain of ${instanceId} for ${cause} died before it was through`;
      const whose = { cluster, pool: pool.name, zone, instanceId };
      return [
        { finding: { ...whose, action: 'start-drain' as const, cause, afterwards, reason }, observedAt },
      ];
    });
  });
}
