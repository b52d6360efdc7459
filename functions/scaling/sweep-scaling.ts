import type { InstanceTypes } from '../aws/instance-types.ts';
import type { PoolGroupFound, PoolGroups } from '../aws/pool-groups.ts';
import type { Registry, ScalingRecord } from '../aws/registry.ts';
import type { PoolsSeen } from '../demand/observe-pools.ts';
import { RegistryConflict } from '../runtime/errors.ts';
import type { TaskContext } from '../runtime/task.ts';
import type { SweepFinding } from '../sweep/contracts.ts';
import { decideScaling, type ScalingDecision } from './decide-scaling.ts';
import { giveBack } from './give-back.ts';
import { countStaying } from './places.ts';
import { recordDecision, tellDecision } from './tell-decision.ts';

export interface ScalingSweepDeps {
  readonly registry: Pick<Registry, 'getScaling' | 'putScaling'>;
  readonly poolGroups: Pick<PoolGroups, 'launchFailures'>;
  readonly instanceTypes: InstanceTypes;
}

/**
 * Plans the workers of clusters: for pods that wait, and for nodes that nothing needs. A workflow starts only on a finding (design §8). Throws
 * ProtocolInvalid where what was written of a cluster's workers cannot be read.
 *
 * Safe to repeat: the same look at the same groups decides the same; what is remembered is written over what was read alone.
 */
export async function sweepScaling(
  pools: readonly PoolsSeen[],
  deps: ScalingSweepDeps,
  context: TaskContext,
): Promise<SweepFinding[]> {
  const found = await Promise.all(pools.map((seen) => planOf(seen, deps, context)));
  return found.flat();
}

async function planOf(
  { cluster: { name: cluster, spec }, found, groups, unread }: PoolsSeen,
  deps: ScalingSweepDeps,
  { clock, config, log, metrics, signal }: TaskContext,
): Promise<SweepFinding[]> {
  if (unread) throw unread;
  const now = clock.now();
  const { allPods = false, pending = [] } = found?.observation ?? {};
  // Nothing waits and nobody has read what could go: most minutes of most clusters end here.
  if (!found || (pending.length === 0 && !allPods)) return [];
  const wanted = [...new Set(spec.pools.flatMap(({ instanceTypes }) => instanceTypes))].sort();
  const [types, before, failures] = await Promise.all([
    deps.instanceTypes.describe(wanted, signal),
    deps.registry.getScaling(cluster, signal),
    // By an old look nothing is decided.
    failuresOf(found.fresh ? groups : [], deps, signal),
  ]);
  const { backOffs = [], removedAt, unneeded = [] } = before ?? {};
  const { deployment, region } = config;
  const looked = { deployment, region, spec, found, groups, types };
  const seen = { ...looked, backOffs, unneeded, ...(removedAt !== undefined && { removedAt }) };
  const { changes, input } = giveBack(seen, failures, now);
  const decided = decideScaling(input, now);
  const refused = changes.map(({ pool, reason, zone }) => `${pool} in ${zone}: ${reason}`);
  const decision: ScalingDecision = {
    ...decided,
    changes: [...changes, ...decided.changes],
    reason: [...refused, decided.reason].join('; '),
  };
  log.info('planned', { cluster, ...tellDecision(decision) });
  if (decision.leftOut.length > 0) metrics.count('PodsUnplaceable');
  const { observedAt } = found.observation;
  const record = recordDecision(before, decision, { backOffs: input.backOffs, observedAt, now });
  const remembered = await remember(cluster, record, before, { registry: deps.registry, signal });
  // Nobody goes whose going nobody remembers: another sweep has just decided who does.
  return findingsOf(cluster, remembered ? decision : { ...decision, removals: [] }, observedAt);
}

/** When launches have failed of groups that have fewer instances than they are to have, by the group's name. */
async function failuresOf(
  groups: readonly PoolGroupFound[],
  { poolGroups }: Pick<ScalingSweepDeps, 'poolGroups'>,
  signal: AbortSignal,
): Promise<Map<string, string[]>> {
  const short = groups.filter((group) => countStaying(group) < group.desired);
  const failures = await Promise.all(
    short.map(async ({ name }): Promise<[string, string[]]> => {
      const launches = await poolGroups.launchFailures(name, signal);
      return [name, launches.map(({ at }) => at)];
    }),
  );
  return new Map(failures);
}

/** Whether it is remembered: a look that loses to another is made good by the next. */
async function remember(
  cluster: string,
  record: ScalingRecord,
  before: ScalingRecord | undefined,
  { registry, signal }: Pick<ScalingSweepDeps, 'registry'> & { readonly signal: AbortSignal },
): Promise<boolean> {
  try {
    await registry.putScaling(cluster, record, before ? { revision: before.revision } : 'absent', signal);
    return true;
  } catch (error) {
    if (!(error instanceof RegistryConflict)) throw error;
    return false;
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
