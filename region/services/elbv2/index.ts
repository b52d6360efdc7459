import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Kernel, Operations, Service } from '../../kernel/kernel.ts';
import { attributeOperations } from './attributes.ts';
import { listenerOperations } from './listeners.ts';
import type { Elb } from './load-balancer.ts';
import { loadBalancerOperations } from './load-balancers.ts';
import { tagOperations } from './tags.ts';
import { targetGroupOperations } from './target-groups.ts';
import { targetOperations } from './targets.ts';

/**
 * Network Load Balancers with `ip` target groups, whose health checks are real connections to the targets. Traffic is not carried:
 * clients on a laptop reach the targets themselves.
 */
export function createElbv2(kernel: Kernel): Service & { readonly id: 'elbv2' } {
  const elb: Elb = {
    kernel,
    loadBalancers: new Map(),
    listeners: new Map(),
    targetGroups: new Map(),
    tags: new Map(),
  };
  const operations: Operations<ElasticLoadBalancingV2> = {
    ...loadBalancerOperations(elb),
    ...targetGroupOperations(elb),
    ...listenerOperations(elb),
    ...targetOperations(elb),
    ...attributeOperations(elb),
    ...tagOperations(elb),
  };
  return { id: 'elbv2', operations };
}
