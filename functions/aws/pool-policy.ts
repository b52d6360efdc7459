import type { AutoScalingGroup, MixedInstancesPolicy } from '@aws-sdk/client-auto-scaling';
import { templateOf } from './slot-group-builder.ts';

/** From what a pool's group launches, and how that is bought. */
export interface BuyingPolicy {
  readonly launchTemplateId: string;
  readonly launchTemplateVersion: string;
  /** First choice first. Auto Scaling takes the first that EC2 has; of spot, the cheapest that is likely to last. */
  readonly instanceTypes: readonly string[];
  readonly capacity: 'on-demand' | 'spot';
}

/**
 * The policy by which a group buys. One group is one zone, so that Auto Scaling has no zones to balance (`AZRebalance`) and kills nothing for
 * it. It replaces no spot instance on a rebalance recommendation either: that is the sweep's to weigh.
 */
export function policyOf(shape: BuyingPolicy) {
  const MixedInstancesPolicy: MixedInstancesPolicy = {
    LaunchTemplate: {
      LaunchTemplateSpecification: templateOf(shape),
      Overrides: shape.instanceTypes.map((InstanceType) => ({ InstanceType })),
    },
    InstancesDistribution: {
      OnDemandAllocationStrategy: 'prioritized',
      OnDemandBaseCapacity: 0,
      OnDemandPercentageAboveBaseCapacity: shape.capacity === 'spot' ? 0 : 100,
      SpotAllocationStrategy: 'price-capacity-optimized',
    },
  };
  return { MixedInstancesPolicy, CapacityRebalance: false };
}

/** A group that an older Trivet made has a launch template alone: it names no types. */
export function policyFound({
  LaunchTemplate,
  MixedInstancesPolicy: policy,
}: AutoScalingGroup): BuyingPolicy {
  const template = policy?.LaunchTemplate?.LaunchTemplateSpecification ?? LaunchTemplate;
  const onDemand = policy?.InstancesDistribution?.OnDemandPercentageAboveBaseCapacity ?? 100;
  return {
    launchTemplateId: template?.LaunchTemplateId ?? '',
    launchTemplateVersion: template?.Version ?? '',
    instanceTypes: (policy?.LaunchTemplate?.Overrides ?? []).map(({ InstanceType = '' }) => InstanceType),
    capacity: onDemand === 0 ? 'spot' : 'on-demand',
  };
}
