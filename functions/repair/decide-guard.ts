import type { PoolHealthRecord } from '../aws/records.ts';
import { secondsSince } from './judge-health.ts';
import type { StormGuard } from './policy.ts';

export interface PoolCount {
  /** Workers that the pool wants. */
  readonly wanted: number;
  /** Of those that it has: in service, well, and not in anybody's hand. */
  readonly healthy: number;
}

export interface GuardVerdict {
  readonly open: boolean;
  readonly allowed: number;
  /** Why it is closed. */
  readonly reason?: string;
  /** What the registry is to remember of the guard; absent: nothing. */
  readonly record?: NonNullable<PoolHealthRecord['guard']>;
}

/** How many of a pool's workers may be unhealthy: the share, rounded down, and never less than the floor. Pure. */
export function allowedUnhealthy(
  wanted: number,
  { unhealthyPercentMax, unhealthyFloor }: StormGuard,
): number {
  return Math.max(Math.floor((wanted * unhealthyPercentMax) / 100), unhealthyFloor);
}

/**
 * Whether a pool's workers may be repaired now. Pure. Closed while more are unhealthy than may be, and until the cool-down has passed since
 * that was last so: many at once have one cause, and it is not in the nodes.
 */
export function decideGuard(
  { wanted, healthy }: PoolCount,
  guard: StormGuard,
  previous: PoolHealthRecord['guard'],
  now: Date,
): GuardVerdict {
  const allowed = allowedUnhealthy(wanted, guard);
  const unhealthy = wanted - healthy;
  const at = now.toISOString();
  if (unhealthy > allowed) {
    const reason = `${unhealthy} of ${wanted} workers are unhealthy, and ${allowed} may be`;
    return {
      open: false,
      allowed,
      reason,
      record: { closedAt: previous?.closedAt ?? at, lastOverAt: at, reason },
    };
  }
  if (!previous) return { open: true, allowed };
  // A clock that jumped may have dated it after now: reckoned from now, the cool-down still ends.
  const lastOverAt = secondsSince(previous.lastOverAt, now) >= 0 ? previous.lastOverAt : at;
  if (secondsSince(lastOverAt, now) >= guard.coolDownSeconds) return { open: true, allowed };
  const reason = `the storm guard closed, and ${guard.coolDownSeconds} s have not passed since ${lastOverAt}: ${previous.reason}`;
  return { open: false, allowed, reason, record: { ...previous, lastOverAt } };
}
