/**
 * Checks what a person asks for by a runbook, before anything is done: the parameters, the cluster and what they name of it.
 *
 * Changes nothing, so a repeat is safe.
 */
import { parse } from 'yaml';
import { type Executions, makeExecutions } from '../aws/executions.ts';
import { getText, makeObjects, type Objects } from '../aws/objects.ts';
import { makePoolGroups, type PoolGroups } from '../aws/pool-groups.ts';
import { type ClusterRecord, makeRegistry, type Registry } from '../aws/registry.ts';
import { isLeaving } from '../clusters/lifecycle-state.ts';
import { poolZonesOf } from '../clusters/names.ts';
import { type TaskContext, task } from '../runtime/task.ts';
import { checkRunbook } from './contracts.ts';
import {
  decideRunbook,
  type RunbookArguments,
  type RunbookSubject,
  readArguments,
} from './decide-runbook.ts';

export interface CheckRunbookDeps {
  readonly registry: Pick<Registry, 'listClusters' | 'getCluster' | 'getSlots' | 'getLease'>;
  readonly poolGroups: Pick<PoolGroups, 'describe'>;
  readonly executions: Pick<Executions, 'describe'>;
  readonly objects: Objects;
}

export const handler = task(
  checkRunbook,
  (config): CheckRunbookDeps => ({
    registry: makeRegistry(config),
    poolGroups: makePoolGroups(config),
    executions: makeExecutions(config),
    objects: makeObjects(config),
  }),
  async (request, deps, context) => {
    const given = readArguments(request);
    const subject = await observeSubject(given, deps, context);
    const decision = decideRunbook(request, given, subject, context.clock.now());
    context.log.info('runbook', { runbook: request.runbook, automation: request.automation, ...decision });
    return { decision };
  },
);

async function observeSubject(
  given: RunbookArguments,
  deps: CheckRunbookDeps,
  context: TaskContext,
): Promise<RunbookSubject> {
  const { signal } = context;
  const clusters = await deps.registry.listClusters(signal);
  const { Cluster: cluster = '', InstanceId: instanceId, Slot: slot, SpecObject: object } = given;
  const [record, slots] = await Promise.all([
    deps.registry.getCluster(cluster, signal),
    deps.registry.getSlots(cluster, signal),
  ]);
  const [slotHolder, worker, written] = await Promise.all([
    holderOf(cluster, slot, deps, signal),
    record && findWorker(record, instanceId, deps, context),
    object === undefined || object === 'recorded' ? undefined : readSpec(object, deps.objects, signal),
  ]);
  return {
    clusters,
    slots: slots.map(({ slot }) => slot),
    ...(record && { record }),
    ...(slotHolder !== undefined && { slotHolder }),
    ...(worker && { worker }),
    ...(written && { written }),
  };
}

/** The execution that works on a slot. One that died without giving its lease back has it no more. */
async function holderOf(
  cluster: string,
  slot: string | undefined,
  { executions, registry }: CheckRunbookDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (slot === undefined) return undefined;
  const lease = await registry.getLease(cluster, `slot:${slot}`, signal);
  if (!lease || lease.releasedAt !== undefined) return undefined;
  const holder = await executions.describe(lease.holder, signal);
  return holder?.status === 'RUNNING' ? lease.holder : undefined;
}

async function findWorker(
  { name: cluster, spec }: ClusterRecord,
  instanceId: string | undefined,
  { poolGroups }: CheckRunbookDeps,
  { config, signal }: TaskContext,
): Promise<RunbookSubject['worker']> {
  if (instanceId === undefined) return undefined;
  const places = poolZonesOf(config.deployment, cluster, spec.pools);
  const groups = await poolGroups.describe(
    places.map(({ groupName }) => groupName),
    signal,
  );
  const group = groups.find(({ instances }) =>
    instances.some((one) => one.instanceId === instanceId && !isLeaving(one.lifecycleState)),
  );
  const place = places.find(({ groupName }) => groupName === group?.name);
  return place && { pool: place.pool.name, zone: place.zone };
}

/** YAML, which JSON is too. What its fields are is the workflow's to check. */
async function readSpec(
  key: string,
  objects: CheckRunbookDeps['objects'],
  signal: AbortSignal,
): Promise<NonNullable<RunbookSubject['written']>> {
  const text = await getText(objects, key, signal);
  if (text === undefined) return { problem: `there is no object ${key} in the deployment's bucket` };
  try {
    const spec: unknown = parse(text);
    const isMap = typeof spec === 'object' && spec !== null && !Array.isArray(spec);
    return isMap ? { spec } : { problem: `${key} holds no spec: it is no map of fields` };
  } catch (error) {
    return { problem: `${key} is no YAML: ${error instanceof Error ? error.message : String(error)}` };
  }
}
