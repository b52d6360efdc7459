import { clusterOfKey } from '../clusters/names.ts';
import type { SweepScope } from './contracts.ts';

/** What an event names, with the cluster that an object's key tells. A key of nobody's observation names nothing: all is looked at. Pure. */
export function readScope(given: SweepScope | null | undefined): SweepScope | undefined {
  if (!given) return undefined;
  const { objectKey, ...scope } = given;
  if (objectKey === undefined) return scope;
  const cluster = clusterOfKey(objectKey, 'workersObservation');
  return { ...scope, ...(cluster !== undefined && { cluster }) };
}

/** Whether a scope that names instances names this one. */
export function namesInstance(scope: SweepScope | undefined, instanceId: string): boolean {
  if (scope?.instanceId !== undefined) return scope.instanceId === instanceId;
  return scope?.affectedEntities?.some(({ entityValue }) => entityValue === instanceId) ?? true;
}
