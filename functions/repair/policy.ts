import { type ClusterSpec, clusterSpec, type PoolSpec, poolSpec } from '../clusters/spec-schema.ts';
import { workerPolicy } from '../workers/decide-worker.ts';

export interface RepairPolicy extends Readonly<PoolSpec['repair']> {
  /** An instance in service that has been without a node for so long is not coming back as one. */
  readonly absentSeconds: number;
}

/** Of the share, what comes out is rounded down. */
export type StormGuard = Readonly<ClusterSpec['stormGuard']>;

/** A cluster whose spec was recorded before it could say how to repair is repaired as by default. */
export function repairPolicyOf({ repair }: Partial<Pick<PoolSpec, 'repair'>>): RepairPolicy {
  return { ...poolSpec.shape.repair.parse(repair), absentSeconds: workerPolicy.joinSecondsMax };
}

/** The same for its storm guard. */
export function stormGuardOf({ stormGuard }: Partial<Pick<ClusterSpec, 'stormGuard'>>): StormGuard {
  return clusterSpec.shape.stormGuard.parse(stormGuard);
}

/** How long a repair that has begun may take, each part of it. */
export const repairLimits = {
  /** Until the termination: a replacement may have to come first, and a guard to open again. */
  beginSecondsMax: 3_600,
  /** From the termination on: a drain, a launch and a join. */
  replaceSecondsMax: 3_600,
} as const;
