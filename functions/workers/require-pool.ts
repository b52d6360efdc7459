import type { ClusterSpec, PoolSpec } from '../clusters/spec-schema.ts';
import { ClusterUnknown } from '../runtime/errors.ts';

/** Throws ClusterUnknown when the cluster's spec has no such pool. */
export function requirePool({ name, pools }: ClusterSpec, pool: string): PoolSpec {
  const found = pools.find((one) => one.name === pool);
  if (!found) {
    const there = pools.map((one) => one.name).join(', ') || 'none';
    throw new ClusterUnknown(`the spec of ${name} has no pool ${pool}; its pools are: ${there}`);
  }
  return found;
}
