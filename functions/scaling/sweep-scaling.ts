import type { InstanceTypes } from '../aws/instance-types.ts';
import type { Objects } from '../aws/objects.ts';
import type { PoolGroups } from '../aws/pool-groups.ts';
import type { ClusterRecord, Registry, ScalingRecord } from '../aws/registry.ts';
import { poolGroupName } from '../clusters/names.ts';
import { readObservation } from '../demand/read-observation.ts';
import { RegistryConflict } from '../runtime/errors.ts';
import type { TaskContext } from '../runtime/task.ts';
import type { SweepFinding, SweepScope } from '../sweep/contracts.ts';
import { decideScaling, type ScalingDecision } from './decide-scaling.ts';
import { recordDecision, tellDecision } from './tell-decision.ts';

export interface ScalingSweepDeps {
  readonly registry: Pick<Registry, 'listClusters' | 'getCluster' | 'getScaling' | 'putScaling'>;
  readonly objects: Objects;
  readonly poolGroups: Pick<PoolGroups, 'describe'>;
  readonly instanceTypes: InstanceTypes;
}

/**
 * Plans the workers of every cluster in scope: for pods that wait, and for nodes that nothing needs. Not for an event of one group or instance,
 * which says nothing about pods. A workflow starts only on a finding (design §8).
 *
 * Safe to repeat: the same look at the same groups decides the same; what is remembered is written over what was read alone.
 */
export async function sweepScaling(
  scope: SweepScope | undefined,
  deps: ScalingSweepDeps,
  context: TaskContext,
): Promise<SweepFinding[]> {
  if (scope?.autoScalingGroupName || scope?.instanceId || scope?.cause) return [];
  const clusters = scope?.cluster ? [scope.cluster] : await deps.registry.listClusters(context.signal);
  const found = await Promise.all(
    clusters.map(async (cluster) => {
      const record = await deps.registry.getCluster(cluster, context.signal);
      return record?.formed && record.spec.pools.length > 0 ? planOf(record, deps, context) : [];
    }),
  );
  return found.flat();
}

async function planOf(
  { name: cluster, spec }: ClusterRecord,
  deps: ScalingSweepDeps,
  { clock, config, log, metrics, signal }: TaskContext,
): Promise<SweepFinding[]> {
  const now = clock.now();
  const found = await readObservation(deps.objects, cluster, now, signal);
  const { allPods = false, pending = [] } = found?.observation ?? {};
  // Nothing waits and nobody has read what could go: most minutes of most clusters end here.
  if (!found || (pending.length === 0 && !allPods)) return [];
  const names = spec.pools.flatMap(({ name: pool, zones }) =>
    zones.map((zone) => poolGroupName(config.deployment, cluster, pool, zone)),
  );
  const wanted = [...new Set(spec.pools.flatMap(({ instanceTypes }) => instanceTypes))].sort();
  const [groups, types, before] = await Promise.all([
    deps.poolGroups.describe(names, signal),
    deps.instanceTypes.describe(wanted, signal),
    deps.registry.getScaling(cluster, signal),
  ]);
  const decision = decideScaling(
    {
      deployment: config.deployment,
      region: config.region,
      spec,
      found,
      groups,
      types,
      backOffs: before?.backOffs ?? [],
      unneeded: before?.unneeded ?? [],
    },
    now,
  );
  log.info('planned', { cluster, ...tellDecision(decision) });
  if (decision.leftOut.length > 0) metrics.count('PodsUnplaceable');
  const { observedAt } = found.observation;
  const record = recordDecision(before, decision, observedAt, now);
  await remember(cluster, record, before, { registry: deps.registry, signal });
  return findingsOf(cluster, decision, observedAt);
}

/** A look that loses to another is made good by the next. */
async function remember(
  cluster: string,
  record: ScalingRecord,
  before: ScalingRecord | undefined,
  { registry, signal }: Pick<ScalingSweepDeps, 'registry'> & { readonly signal: AbortSignal },
): Promise<void> {
  try {
    await registry.putScaling(cluster, record, before ? { revision: before.revision } : 'absent', signal);
  } catch (error) {
    if (!(error instanceof RegistryConflict)) throw error;
  }
}

function findingsOf(
  cluster: string,
  { changes, reason, removals }: ScalingDecision,
  observedAt: string,
): SweepFinding[] {
  const grows: SweepFinding[] =
    changes.length > 0 ? [{ cluster, action: 'start-scale', reason, changes: [...changes], observedAt }] : [];
  const shrinks = removals.map(
    ({ instanceId, pool, reason: why, zone }): SweepFinding => ({
      cluster,
      pool,
      zone,
      instanceId,
      action: 'start-drain',
      cause: 'scale-down',
      afterwards: 'terminate-and-shrink',
      reason: why,
    }),
  );
  return [...grows, ...shrinks];
}
