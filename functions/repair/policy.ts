import type { ClusterSpec, PoolSpec } from '../clusters/spec-schema.ts';
import { workerPolicy } from '../workers/decide-worker.ts';

export interface RepairPolicy {
  readonly enabled: boolean;
  readonly notReadySeconds: number;
  readonly pressureSeconds: number;
  readonly impairedSeconds: number;
  readonly replacement: 'before' | 'after';
  /** An instance in service that has been without a node for so long is not coming back as one. */
  readonly absentSeconds: number;
}

export interface StormGuard {
  /** Share of a pool's wanted workers that may be unhealthy; what comes out is rounded down. */
  readonly unhealthyPercentMax: number;
  /** So many may always be, whatever their share: one of two is half of a small pool. */
  readonly unhealthyFloor: number;
  readonly coolDownSeconds: number;
}

/** What the spec may say; clusters whose spec was recorded before it could say so are repaired as by default. */
type PoolWish = PoolSpec & { readonly repair?: Partial<Omit<RepairPolicy, 'absentSeconds'>> };
type ClusterWish = ClusterSpec & { readonly stormGuard?: Partial<StormGuard> };

export function repairPolicyOf({ repair }: PoolWish): RepairPolicy {
  return {
    enabled: true,
    notReadySeconds: 300,
    pressureSeconds: 1_800,
    impairedSeconds: 120,
    replacement: 'after',
    ...repair,
    absentSeconds: workerPolicy.joinSecondsMax,
  };
}

export function stormGuardOf({ stormGuard }: ClusterWish): StormGuard {
  return { unhealthyPercentMax: 40, unhealthyFloor: 2, coolDownSeconds: 600, ...stormGuard };
}

/** How long a repair that has begun may take, each part of it. */
export const repairLimits = {
  /** Until the termination: a replacement may have to come first, and a guard to open again. */
  beginSecondsMax: 3_600,
  /** From the termination on: a drain, a launch and a join. */
  replaceSecondsMax: 3_600,
} as const;
