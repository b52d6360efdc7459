import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Kernel, Operations, Service } from '../../kernel/kernel.ts';
import { attributeOperations } from './attributes.ts';
import { listenerOperations } from './listeners.ts';
import type { Elb, ElbState } from './load-balancer.ts';
import { loadBalancerOperations } from './load-balancers.ts';
import { tagOperations } from './tags.ts';
import { targetGroupOperations } from './target-groups.ts';
import { targetOperations } from './targets.ts';
import { createTraffic } from './traffic/traffic.ts';

export interface ElbService extends Service {
  readonly id: 'elbv2';
  /** What the VPC's DNS answers for the name of a load balancer: its addresses, in zones with healthy targets. Empty for another name. */
  resolve(dnsName: string): readonly string[];
}

/**
 * Network Load Balancers with `ip` target groups: health checks are real connections to the targets, and each load balancer really
 * listens at the addresses of its network interfaces (ADR 10).
 */
export function createElbv2(kernel: Kernel): ElbService {
  const stopping = new AbortController();
  const state: ElbState = {
    kernel,
    loadBalancers: new Map(),
    listeners: new Map(),
    targetGroups: new Map(),
    tags: new Map(),
  };
  const elb: Elb = { ...state, traffic: createTraffic(state), stopping: stopping.signal };
  const operations: Operations<ElasticLoadBalancingV2> = {
    ...loadBalancerOperations(elb),
    ...targetGroupOperations(elb),
    ...listenerOperations(elb),
    ...targetOperations(elb),
    ...attributeOperations(elb),
    ...tagOperations(elb),
  };
  return {
    id: 'elbv2',
    operations,
    resolve: (dnsName) => elb.traffic.resolve(dnsName),
    stop: () => {
      stopping.abort();
      return elb.traffic.stop();
    },
  };
}
