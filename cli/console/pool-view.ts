import type { PoolSpec } from '../../functions/clusters/spec-schema.ts';
import type { PoolView, State, WorkerView } from './contracts.ts';
import type { ClusterReadings, InstanceReading } from './readings.ts';

/** One pool with its workers for a person; offers are added later. Pure. */
export function viewPool(
  { capacity, max, min, name }: PoolSpec,
  readings: ClusterReadings,
): Omit<PoolView, 'workers' | 'offers'> & { readonly workers: readonly Omit<WorkerView, 'offers'>[] } {
  const workers = readings.instances
    .filter(({ pool, state }) => pool === name && state !== 'terminated')
    .toSorted((one, two) => compare(one.zone, two.zone) || compare(one.instanceId, two.instanceId))
    .map((instance) => viewWorker(instance, readings));
  const groups = readings.groups.filter((group) => isOfPool(group.name, readings, name));
  const desired = groups.length === 0 ? undefined : groups.reduce((sum, group) => sum + group.desired, 0);
  const remembered = readings.repairs?.pools[name];
  return {
    pool: name,
    ...judge(workers, desired, remembered?.guard !== undefined),
    min,
    max,
    ...(desired !== undefined && { desired }),
    capacity,
    workers,
    ...(remembered?.guard && {
      guardClosed: { since: remembered.guard.closedAt, reason: remembered.guard.reason },
    }),
  };
}

/** Groups' names end with `-pool-<pool>-<zone>` (functions/clusters/names.ts). */
function isOfPool(group: string, { name }: ClusterReadings, pool: string): boolean {
  return new RegExp(`-${name}-pool-${pool}-[a-f]$`).test(group);
}

function judge(
  workers: readonly Omit<WorkerView, 'offers'>[],
  desired: number | undefined,
  guardClosed: boolean,
): { state: State; sentence: string } {
  if (desired === undefined) return { state: 'busy', sentence: 'Its groups are not made yet.' };
  const count = (state: State): number => workers.filter(({ health }) => health === state).length;
  const ready = count('well');
  const sentence = `${ready} of ${desired} workers ${desired === 1 ? 'is' : 'are'} ready.`;
  if (guardClosed) return { state: 'unwell', sentence: `${sentence} The storm guard is closed.` };
  if (count('unwell') > 0) return { state: 'unwell', sentence };
  if (count('unknown') > 0) return { state: 'unknown', sentence: 'Nobody could ask for its nodes.' };
  return { state: ready === desired && workers.length === desired ? 'well' : 'busy', sentence };
}

function viewWorker(instance: InstanceReading, readings: ClusterReadings): Omit<WorkerView, 'offers'> {
  const { instanceId, launchedAt, state, type, zone } = instance;
  const node = readings.kubernetes?.nodes.find(({ name }) => name === instanceId);
  return {
    instanceId,
    state,
    type,
    zone,
    ...(launchedAt !== undefined && { launchedAt }),
    ...health(instance, readings),
    ...(node?.version && { version: node.version }),
  };
}

function health(
  { instanceId, state, zone }: InstanceReading,
  { groups, kubernetes, repairs, zonesCut }: ClusterReadings,
): { health: State; word: string; reason?: string } {
  const node = kubernetes?.nodes.find(({ name }) => name === instanceId);
  const lifecycle = groups.map((group) => group.lifecycles[instanceId]).find(Boolean) ?? '';
  if (zonesCut.includes(zone))
    return { health: 'unwell', word: 'cut off', reason: `Zone ${zone} is cut off.` };
  if (['shutting-down', 'stopping', 'stopped'].includes(state)) return { health: 'busy', word: state };
  if (lifecycle.startsWith('Terminating'))
    return { health: 'busy', word: 'leaving', reason: 'Its pods are moved away first.' };
  if (node?.ready) return { health: 'well', word: 'ready' };
  if (state === 'pending' || lifecycle.startsWith('Pending'))
    return { health: 'busy', word: 'joining', ...(node?.reason && { reason: node.reason }) };
  const known = Object.values(repairs?.pools ?? {})
    .flatMap(({ unhealthy }) => unhealthy)
    .find((one) => one.instanceId === instanceId);
  if (!kubernetes || (kubernetes.nodes.length === 0 && !kubernetes.ready))
    return { health: 'unknown', word: 'not known', reason: 'No API server gave the list of nodes.' };
  return { health: 'unwell', word: 'not ready', reason: known?.why ?? node?.reason ?? 'It is no node.' };
}

const compare = (one: string, two: string): number => (one < two ? -1 : one > two ? 1 : 0);
