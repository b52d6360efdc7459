import type { LoadBalancer } from '../load-balancer.ts';
import type { Target, TargetGroup } from '../target-group.ts';

type Balancer = Pick<LoadBalancer, 'attributes' | 'placements'>;
type Group = Pick<TargetGroup, 'attributes' | 'targets'>;

/** Whether the nodes of a load balancer send into each other's zones: the target group's own word, else the load balancer's. */
function isCrossZone(balancer: Balancer, group: Group): boolean {
  const own = group.attributes.get('load_balancing.cross_zone.enabled');
  const all = balancer.attributes.get('load_balancing.cross_zone.enabled');
  return (own === 'use_load_balancer_configuration' ? all : own) === 'true';
}

/** Whether the load balancer is in the zone of a target; a target in none of the VPC's subnets belongs to every zone. */
export function isPlaced(balancer: Balancer, { zone }: Pick<Target, 'zone'>): boolean {
  return zone === undefined || balancer.placements.some((one) => one.zone === zone);
}

/** Registered targets that the load balancer's node in `zone` may send to, healthy or not. Draining ones are none. */
function reachableTargets(balancer: Balancer, group: Group, zone: string): Target[] {
  const crossZone = isCrossZone(balancer, group);
  return [...group.targets.values()].filter(
    (target) =>
      !target.draining &&
      isPlaced(balancer, target) &&
      (crossZone || target.zone === undefined || target.zone === zone),
  );
}

/** How many targets must be healthy: the larger of a count and a percentage, each of which may be `off`. */
function leastHealthy(group: Group, purpose: 'unhealthy_state_routing' | 'dns_failover', of: number): number {
  const read = (unit: 'count' | 'percentage'): number => {
    const value = group.attributes.get(`target_group_health.${purpose}.minimum_healthy_targets.${unit}`);
    return value === undefined || value === 'off' ? 0 : Number(value);
  };
  return Math.max(read('count'), Math.ceil((read('percentage') * of) / 100));
}

const isHealthy = (target: Target): boolean => target.verdict.state === 'healthy';

/**
 * The targets that a new connection to the node in `zone` may go to; pure. The healthy ones; where these are fewer than the target group
 * asks for (1 by default), all that are registered: a Network Load Balancer fails open. Empty where none is registered.
 */
export function eligibleTargets(balancer: Balancer, group: Group, zone: string): readonly Target[] {
  const reachable = reachableTargets(balancer, group, zone);
  const healthy = reachable.filter(isHealthy);
  return healthy.length >= leastHealthy(group, 'unhealthy_state_routing', reachable.length)
    ? healthy
    : reachable;
}

/** The zones whose addresses the load balancer's DNS name gives; pure. All of them where none has healthy targets enough. */
export function answeringZones(balancer: Balancer, groups: readonly Group[]): readonly string[] {
  const zones = balancer.placements.map((one) => one.zone);
  const answers = zones.filter((zone) =>
    groups.every((group) => {
      const reachable = reachableTargets(balancer, group, zone);
      const healthy = reachable.filter(isHealthy).length;
      return reachable.length > 0 && healthy >= leastHealthy(group, 'dns_failover', reachable.length);
    }),
  );
  return answers.length > 0 ? answers : zones;
}
