import type { LifecycleState } from '@aws-sdk/client-auto-scaling';
import type { ProcessName } from './group.ts';

/** A member as a look finds it: what the group knows of it, and what EC2 and the load balancer say. */
export interface MemberView {
  readonly instanceId: string;
  readonly zone: string;
  readonly lifecycle: LifecycleState;
  readonly health: 'Healthy' | 'Unhealthy';
  readonly protectedFromScaleIn: boolean;
  readonly launchedAt: number;
  /** EC2's state; undefined when EC2 knows the instance no more. */
  readonly ec2State: string | undefined;
  /** A load balancer calls it unhealthy, and the group minds, and its grace period is over. */
  readonly failsLoadBalancer: boolean;
  /** Lifecycle actions that it waits for. */
  readonly waiting: boolean;
  /** Its launch hook ended with ABANDON. */
  readonly abandoned: boolean;
}

export interface GroupView {
  readonly members: readonly MemberView[];
  readonly desired: number;
  readonly suspended: ReadonlySet<ProcessName>;
  readonly deleting: boolean;
  /** Launching is held back after failures until then; ms since the epoch. */
  readonly notBefore: number;
}

export type Step =
  /** EC2 runs it: go on to the launch hooks, or into service. */
  | { readonly kind: 'launched'; readonly instanceId: string }
  /** It ended, or its hook was abandoned, before it was in service. */
  | { readonly kind: 'launch-failed'; readonly instanceId: string }
  | { readonly kind: 'enter-service'; readonly instanceId: string }
  | { readonly kind: 'mark-unhealthy'; readonly instanceId: string; readonly reason: 'EC2' | 'ELB' }
  | {
      readonly kind: 'terminate';
      readonly instanceId: string;
      readonly why: 'unhealthy' | 'surplus' | 'deleted';
    }
  /** The hooks are done: end the instance. */
  | { readonly kind: 'end-instance'; readonly instanceId: string }
  /** EC2 says that it is gone. */
  | { readonly kind: 'ended'; readonly instanceId: string }
  | { readonly kind: 'launch'; readonly count: number };

const alive = (state: string | undefined): boolean => state === 'pending' || state === 'running';

/**
 * What a group does next; pure. A member that is to be replaced stops counting at once, so that its replacement is launched while it
 * still ends: the first launch onto an interface that is still in use fails (facts §1.5).
 */
export function planGroup(view: GroupView, now: number): Step[] {
  const steps = view.members.flatMap((member) => memberSteps(view, member));
  const leaving = new Set(
    steps.flatMap((step) =>
      step.kind === 'terminate' || step.kind === 'launch-failed' ? [step.instanceId] : [],
    ),
  );
  const counted = view.members.filter(
    (member) => !member.lifecycle.startsWith('Terminat') && !leaving.has(member.instanceId),
  );
  const missing = view.desired - counted.length;
  if (view.deleting) return steps;
  if (missing > 0 && !view.suspended.has('Launch') && now >= view.notBefore)
    return [...steps, { kind: 'launch', count: missing }];
  if (missing < 0 && !view.suspended.has('Terminate')) return [...steps, ...surplus(counted, -missing)];
  return steps;
}

function memberSteps(view: GroupView, member: MemberView): Step[] {
  const { instanceId, lifecycle, ec2State } = member;
  if (lifecycle.startsWith('Terminating')) {
    if (member.waiting) return [];
    if (ec2State === undefined || ec2State === 'terminated') return [{ kind: 'ended', instanceId }];
    return lifecycle === 'Terminating:Proceed' || lifecycle === 'Terminating'
      ? [{ kind: 'end-instance', instanceId }]
      : [];
  }
  if (view.deleting) return [{ kind: 'terminate', instanceId, why: 'deleted' }];
  if (lifecycle.startsWith('Pending')) return pendingSteps(member);
  return healthSteps(view, member);
}

function pendingSteps({ instanceId, lifecycle, ec2State, abandoned }: MemberView): Step[] {
  if (abandoned || !alive(ec2State)) return [{ kind: 'launch-failed', instanceId }];
  if (ec2State === 'pending') return [];
  if (lifecycle === 'Pending') return [{ kind: 'launched', instanceId }];
  return lifecycle === 'Pending:Proceed' ? [{ kind: 'enter-service', instanceId }] : [];
}

/** Any EC2 state but running is unhealthy at once, also within the grace period (facts §2). */
function healthSteps(view: GroupView, member: MemberView): Step[] {
  const { instanceId } = member;
  const checks = !view.suspended.has('HealthCheck');
  const reason = member.ec2State !== 'running' ? 'EC2' : member.failsLoadBalancer ? 'ELB' : undefined;
  const found = checks && reason !== undefined && member.health === 'Healthy';
  const mark: Step[] = found ? [{ kind: 'mark-unhealthy', instanceId, reason }] : [];
  const unhealthy = found || member.health === 'Unhealthy';
  const replaces = !view.suspended.has('ReplaceUnhealthy') && !view.suspended.has('Terminate');
  return unhealthy && replaces ? [...mark, { kind: 'terminate', instanceId, why: 'unhealthy' }] : mark;
}

/** Scale-in takes from the fullest zone, there the oldest; never a protected instance. */
function surplus(counted: readonly MemberView[], count: number): Step[] {
  const left = [...counted];
  const chosen: Step[] = [];
  while (chosen.length < count) {
    const fullness = new Map<string, number>();
    for (const { zone } of left) fullness.set(zone, (fullness.get(zone) ?? 0) + 1);
    const [next] = left
      .filter((member) => !member.protectedFromScaleIn)
      .sort(
        (one, two) =>
          (fullness.get(two.zone) ?? 0) - (fullness.get(one.zone) ?? 0) || one.launchedAt - two.launchedAt,
      );
    if (next === undefined) break;
    left.splice(left.indexOf(next), 1);
    chosen.push({ kind: 'terminate', instanceId: next.instanceId, why: 'surplus' });
  }
  return chosen;
}

/** How long a group waits after this many failed launches in a row: doubled each time, at most 32 intervals. */
export function launchBackoff(failures: number, interval: number): number {
  return interval * Math.min(2 ** Math.max(0, failures - 1), 32);
}
