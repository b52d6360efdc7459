import type { Elb } from './load-balancer.ts';
import { probe } from './probe.ts';
import { judge, type Target, type TargetGroup } from './target-group.ts';
import { isPlaced } from './traffic/route.ts';

/** Ten seconds of ELB's clocks last `delays.targetHealthInterval`; its other seconds are scaled alike. @returns ms */
export function scaledSeconds({ kernel }: Elb, seconds: number): number {
  return (seconds * kernel.delays.targetHealthInterval) / 10;
}

/** Checks the targets of a group again and again, as long as the group is there. A slow target does not hold up the others. */
export function watchTargets(elb: Elb, group: TargetGroup): void {
  const underWay = new Set<Target>();
  const round = (): void => {
    if (elb.targetGroups.get(group.arn) !== group || elb.stopping.aborted) return;
    const checked = [...group.targets.values()].filter(
      (target) => !underWay.has(target) && isInEnabledZone(elb, group, target),
    );
    for (const target of checked) {
      underWay.add(target);
      void checkOnce(elb, group, target).finally(() => underWay.delete(target));
    }
    again();
  };
  const again = (): void =>
    void elb.kernel.clock.after(scaledSeconds(elb, group.healthCheck.intervalSeconds), round);
  again();
}

/** Whether a listener sends to the group: only then are its targets checked. */
export function isInUse({ listeners }: Elb, group: TargetGroup): boolean {
  return [...listeners.values()].some((listener) => listener.targetGroupArn === group.arn);
}

/** Whether the load balancer that sends to the group is in the target's zone: only then does the target get traffic, or checks. */
export function isInEnabledZone(
  { listeners, loadBalancers }: Elb,
  group: TargetGroup,
  target: Target,
): boolean {
  return [...listeners.values()].some((listener) => {
    const balancer = loadBalancers.get(listener.loadBalancerArn);
    return listener.targetGroupArn === group.arn && balancer !== undefined && isPlaced(balancer, target);
  });
}

/**
 * The least time that a check may take, ms, however short the region's delays: what answers is a real process, on a machine that is
 * busy with the rest of the region.
 */
const leastTimeout = 1_000;

/** Checks a target, and ends its connections when it becomes unhealthy, unless the group says otherwise. */
async function checkOnce(elb: Elb, group: TargetGroup, target: Target): Promise<void> {
  const check = group.healthCheck;
  const result = await probe(check, {
    host: target.address,
    port: check.port === 'traffic-port' ? target.port : check.port,
    timeout: Math.max(leastTimeout, scaledSeconds(elb, check.timeoutSeconds)),
    signal: elb.stopping,
  });
  if (elb.stopping.aborted) return;
  const before = target.verdict.state;
  target.verdict = judge(target.verdict, check, result);
  const fell = before !== 'unhealthy' && target.verdict.state === 'unhealthy';
  if (fell && group.attributes.get('target_health_state.unhealthy.connection_termination.enabled') === 'true')
    elb.traffic.endConnections(target);
}
