/**
 * Looks at every slot and at every worker on its way in or out, or at what an event names, and starts what should be running (design §8). Events and the schedule take this
 * one path, so that a lost or doubled event cannot matter (L8).
 *
 * Safe to repeat and to run twice at once: executions have deterministic names, a kick of a group that launches already does nothing, a
 * group that uses an instance type already is not moved to it again, an instance that is marked unhealthy twice is replaced once, and of two
 * sweeps that find a node hung one starts its replacement. One slot's failure does not keep the others from being looked at.
 */
import type { Executions } from '../aws/executions.ts';
import type { ScheduledEvent } from '../aws/instance-statuses.ts';
import { slotResourceName } from '../clusters/names.ts';
import { observePools, type PoolsSeen } from '../demand/observe-pools.ts';
import { startDrain } from '../drain/start-drain.ts';
import { sweepRepairs } from '../repair/sweep-repairs.ts';
import { OutputInvalid } from '../runtime/errors.ts';
import { type TaskContext, task } from '../runtime/task.ts';
import { resumeDrains } from '../scaling/resume-drains.ts';
import { sweepScaling } from '../scaling/sweep-scaling.ts';
import { announceHung } from './announce-hung.ts';
import { type SweepFinding, type SweepScope, sweep } from './contracts.ts';
import { decideDrainSweep, drainSweepPolicy } from './decide-drain-sweep.ts';
import { decideHung, hungPolicy } from './decide-hung.ts';
import { decideScheduled, scheduledPolicy } from './decide-scheduled.ts';
import { decideSweep, sweepPolicy } from './decide-sweep.ts';
import { decideWorkerSweep } from './decide-worker-sweep.ts';
import { holdPaused } from './hold-paused.ts';
import { kickLaunch } from './kick-launch.ts';
import { type InstanceTypeMove, useInstanceType } from './next-instance-type.ts';
import { observeControlPlanes } from './observe-control-planes.ts';
import { makeSweepDeps, observeSlots, type SweepReaders } from './observe-slots.ts';
import { observeWorkers } from './observe-workers.ts';
import { readScope } from './read-scope.ts';
import { type Started, startNamed } from './start-named.ts';

export const handler = task(sweep, makeSweepDeps, async (input, deps: SweepReaders, context) => {
  const scope = readScope(input.scope);
  const { clock, config, log, signal } = context;
  const now = clock.now();
  const swept = await observeSlots(scope, deps, { deployment: config.deployment, now, signal });
  const workers = await observeWorkers(scope, deps, { deployment: config.deployment, signal });
  const [scheduled] = await Promise.allSettled([scheduledEvents(scope, deps, signal)]);
  const occasion = { scope, scheduled: foundBy(scheduled) };
  const { registry } = deps;
  const suspects = await observeControlPlanes(scope, swept, { registry, signal, ...occasion });
  // Workers come last: what keeps them from being looked at must keep no slot from its workflow.
  const pools = poolsInScope(scope, deps, context);
  const [repairs, scalings, resumed] = await Promise.allSettled([
    pools.then((seen) => sweepRepairs(seen, deps, context)),
    pools.then((seen) => sweepScaling(seen, deps, context)),
    pools.then((seen) => resumeDrains(seen, deps.executions, context)),
  ]);
  const found = [
    ...swept.map((slot) => decideSweep(slot, sweepPolicy, now)),
    ...suspects.flatMap(
      (suspect) =>
        decideHung(suspect, hungPolicy, now) ?? decideScheduled(suspect, scheduledPolicy, now) ?? [],
    ),
    ...workers.map(decideWorkerSweep),
    ...workers.map((worker) => decideDrainSweep(worker, occasion, drainSweepPolicy, now)),
    ...foundBy(repairs),
    ...foundBy(scalings),
    ...foundBy(resumed),
  ].filter(({ action }) => action !== 'none');
  const findings = await holdPaused(found, registry, { now, signal });
  for (const finding of findings) log.info('found', { ...finding, scope: scope?.reason ?? 'schedule' });
  const results = await Promise.allSettled(findings.map((finding) => act(finding, deps, context)));
  const failures = [repairs, scheduled, scalings, resumed, ...results].flatMap((result) =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  if (failures.length > 0) throw failures[0];
  const started = results.flatMap((result) =>
    result.status === 'fulfilled' && result.value ? [result.value] : [],
  );
  const clusters = [...new Set([...swept, ...workers].map(({ cluster }) => cluster))];
  return { clusters, findings, started };
});

/** What a look found; nothing where it failed, which is told at the end. */
function foundBy<T>(result: PromiseSettledResult<T[]>): T[] {
  return result.status === 'fulfilled' ? result.value : [];
}

/** Does what was decided; the name of an execution when one was started. */
async function act(
  finding: SweepFinding,
  deps: SweepReaders,
  context: TaskContext,
): Promise<string | undefined> {
  const { config, signal } = context;
  const group = slotResourceName(config.deployment, finding.cluster, finding.slot ?? '');
  if (finding.storm) context.metrics.count('WorkerStorm');
  else if (finding.action === 'report' || finding.alarming) context.metrics.count('SlotUnattended');
  switch (finding.action) {
    case 'none':
    case 'wait':
    case 'report':
      return undefined;
    case 'resume-launch':
      await deps.groups.resumeLaunch(group, signal);
      return undefined;
    case 'kick-launch':
      await kickLaunch(group, deps.groups, signal);
      return undefined;
    case 'next-instance-type':
      if (await useInstanceType(moveOf(finding, config.deployment), deps, signal))
        await kickLaunch(group, deps.groups, signal);
      return undefined;
    case 'mark-unhealthy':
      await deps.groups.markUnhealthy(finding.instanceId ?? '', signal);
      return undefined;
    case 'start-replace-node':
      if (finding.hung && !(await announceHung(finding, deps.registry, context))) return undefined;
      return startNodeReplacement(finding, deps.executions, context);
    case 'start-replace':
      return startReplacement(finding, deps.executions, context);
    case 'start-join':
      return startForWorker(finding, 'join-worker', deps.executions, context);
    case 'start-repair':
      return startForWorker(finding, 'repair-worker', deps.executions, context);
    case 'start-scale':
      return startScaling(finding, deps.executions, context);
    case 'start-drain':
      return startDrainOf(finding, deps.executions, context);
    default:
      return finding.action satisfies never;
  }
}

/** Not for what is said of one group or instance: what makes a worker dead, or superfluous, takes minutes. */
async function poolsInScope(
  scope: SweepScope | undefined,
  deps: SweepReaders,
  { clock, config, signal }: TaskContext,
): Promise<PoolsSeen[]> {
  if (scope?.autoScalingGroupName || scope?.instanceId || scope?.cause) return [];
  const clusters = scope?.cluster ? [scope.cluster] : await deps.registry.listClusters(signal);
  return observePools(clusters, deps, { deployment: config.deployment, now: clock.now(), signal });
}

/** What AWS has scheduled is asked for each minute, and when an event says that there is something new. */
async function scheduledEvents(
  scope: SweepScope | undefined,
  { statuses }: SweepReaders,
  signal: AbortSignal,
): Promise<ScheduledEvent[]> {
  const looks = scope === undefined || scope.cause === 'health-event';
  return looks ? statuses.scheduledEvents(signal) : [];
}

function moveOf(finding: SweepFinding, deployment: string): InstanceTypeMove {
  const { cluster, slot = '', failedInstanceType = '', instanceType = '' } = finding;
  return { owner: { deployment, cluster, slot }, failedInstanceType, instanceType };
}

/** The name of the execution, where one was started. */
async function nameOf(starting: Promise<Started | undefined>): Promise<string | undefined> {
  const started = await starting;
  return started && !started.joined ? started.name : undefined;
}

function startReplacement(
  { cluster, slot, instanceId = 'none' }: SweepFinding,
  executions: Executions,
  context: TaskContext,
): Promise<string | undefined> {
  const prefix = `${cluster}-${slot}-${instanceId}`;
  return nameOf(
    startNamed({ workflow: 'replace-etcd-member', prefix, input: { cluster, slot } }, executions, context),
  );
}

/** Of this very instance: where another is in its place by then, nothing is to be done. */
function startNodeReplacement(
  { cluster, slot, instanceId = 'none', reason }: SweepFinding,
  executions: Executions,
  context: TaskContext,
): Promise<string | undefined> {
  const input = { cluster, slot, instanceId, reason };
  const prefix = `${cluster}-${slot}-${instanceId}`;
  return nameOf(startNamed({ workflow: 'replace-control-plane-node', prefix, input }, executions, context));
}

/** A worker's workflow; why it is repaired goes with it, for whoever looks at the execution. */
function startForWorker(
  { cluster, pool, zone, instanceId, reason }: SweepFinding,
  workflow: 'join-worker' | 'repair-worker',
  executions: Executions,
  context: TaskContext,
): Promise<string | undefined> {
  const input = { cluster, pool, zone, instanceId, ...(workflow === 'repair-worker' && { reason }) };
  const prefix = `${cluster}-${pool}-${instanceId}`;
  return nameOf(startNamed({ workflow, prefix, input }, executions, context));
}

function startDrainOf(
  { afterwards, cause, cluster, deadlineAt, instanceId, pool, zone }: SweepFinding,
  executions: Executions,
  context: TaskContext,
): Promise<string | undefined> {
  if (!(pool && zone && instanceId && cause && afterwards))
    throw new OutputInvalid(`a drain of ${cluster} was decided without its worker, cause or end`);
  const request = { cluster, pool, zone, instanceId, cause, afterwards, ...(deadlineAt && { deadlineAt }) };
  return nameOf(startDrain(request, executions, context));
}

function startScaling(
  { cluster, changes, observedAt = '' }: SweepFinding,
  executions: Executions,
  context: TaskContext,
): Promise<string | undefined> {
  // By the look that it comes of: two sweeps that saw the same start the same.
  const prefix = `${cluster}-${Date.parse(observedAt)}`;
  return nameOf(
    startNamed({ workflow: 'scale-workers', prefix, input: { cluster, changes } }, executions, context),
  );
}
