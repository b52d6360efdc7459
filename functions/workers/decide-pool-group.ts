import { isDeepStrictEqual } from 'node:util';
import type { LifecycleHook, Transition } from '../aws/lifecycle-hooks.ts';
import type { PoolGroupBuilt, PoolGroupShape, PoolHooks } from '../aws/pool-groups.ts';
import { launchHookName, poolGroupName, terminateHookName } from '../clusters/names.ts';
import { missingTags, type Owner, type Tags, tagsOf } from '../clusters/ownership.ts';
import type { ClusterSpec, PoolSpec } from '../clusters/spec-schema.ts';
import { decidePoolSizes } from './decide-pool-sizes.ts';

/**
 * A worker that has not joined by then is given up: it never ran anything, and another takes its place. The workflow gives it up sooner and
 * keeps its console; this is for when no workflow could.
 */
const launchHook: LifecycleHook = {
  name: launchHookName,
  heartbeatTimeoutSeconds: 900,
  defaultResult: 'ABANDON',
};

/**
 * A leaving worker waits to be drained; the workflow's heartbeats let that last up to 48 hours (a hundred time-outs are more). Both results
 * terminate it: when no workflow could, it goes all the same.
 */
const terminateHook: LifecycleHook = {
  name: terminateHookName,
  heartbeatTimeoutSeconds: 1_800,
  defaultResult: 'CONTINUE',
};

export const workerHooks: PoolHooks = { launch: launchHook, terminate: terminateHook };

export interface WantedPoolGroup {
  readonly shape: PoolGroupShape;
  readonly tags: Tags;
}

export type PoolGroupStep =
  | { readonly step: 'create' | 'update'; readonly reason: string }
  | { readonly step: 'hook'; readonly transition: Transition; readonly reason: string }
  | { readonly step: 'tag'; readonly tags: Tags; readonly reason: string };

/** `zone` is the letter; `subnetIds`: the deployment's subnets in it. Throws RangeError for a zone that the pool is not in. */
export function wantedPoolGroup(
  owner: Owner,
  spec: ClusterSpec,
  pool: PoolSpec,
  place: { readonly zone: string; readonly subnetIds: readonly string[] },
  template: { readonly launchTemplateId: string; readonly version: string },
): WantedPoolGroup {
  const size = decidePoolSizes(pool).find(({ zone }) => zone === place.zone);
  if (!size) throw new RangeError(`pool ${pool.name} is not in zone ${place.zone}`);
  const name = poolGroupName(owner.deployment, spec.name, pool.name, place.zone);
  return {
    shape: {
      name,
      subnetIds: place.subnetIds.toSorted(),
      min: size.min,
      max: size.max,
      launchTemplateId: template.launchTemplateId,
      launchTemplateVersion: template.version,
    },
    tags: tagsOf({ ...owner, pool: pool.name }, name, spec.tags),
  };
}

/** Pure. How many workers there are now is nobody's business here as long as it is within the bounds: scaling decides it. */
export function decidePoolGroup(
  { shape, tags }: WantedPoolGroup,
  found: PoolGroupBuilt | undefined,
): PoolGroupStep[] {
  if (!found) return [{ step: 'create', reason: `${shape.name} does not exist` }];
  const steps: PoolGroupStep[] = [];
  const differences = [
    found.launchTemplateId !== shape.launchTemplateId && 'it uses another launch template',
    found.launchTemplateVersion !== shape.launchTemplateVersion &&
      `its template version is ${found.launchTemplateVersion}, and ${shape.launchTemplateVersion} is the latest`,
    (found.min !== shape.min || found.max !== shape.max) &&
      `its bounds are ${found.min} to ${found.max}, and ${shape.min} to ${shape.max} are wanted`,
    found.subnetIds.join() !== shape.subnetIds.join() && 'its subnets differ',
  ].filter((difference) => difference !== false);
  if (differences.length > 0) steps.push({ step: 'update', reason: differences.join(', ') });
  for (const transition of ['launch', 'terminate'] as const) {
    const hook = found.hooks[transition];
    if (isDeepStrictEqual(hook, workerHooks[transition])) continue;
    const reason = hook ? `its ${transition} hook differs` : `it has no ${transition} hook`;
    steps.push({ step: 'hook', transition, reason });
  }
  const missing = missingTags(found.tags, tags);
  if (Object.keys(missing).length > 0)
    steps.push({ step: 'tag', tags: missing, reason: `tags differ: ${Object.keys(missing).join(', ')}` });
  return steps;
}
