import type {
  InstancesDistribution,
  LaunchTemplateSpecification,
  MixedInstancesPolicy,
} from '@aws-sdk/client-auto-scaling';
import { NotPlayedError } from '../../kernel/errors.ts';
import { onlyPlayed } from '../common/request.ts';
import { type Group, isLeaving, type TemplateChoice } from './group.ts';
import { invalid } from './store.ts';

export type Market = 'on-demand' | 'spot';

/** A group's mixed instances policy. */
export interface Mix {
  /** First choice first; empty: the template's own type alone. */
  readonly instanceTypes: readonly string[];
  readonly onDemandBase: number;
  /** Of what is above the base, percent. */
  readonly onDemandPercentage: number;
  readonly onDemandStrategy: 'prioritized';
  readonly spotStrategy: 'price-capacity-optimized' | 'capacity-optimized-prioritized';
}

/** Instance types that a group may name (AWS's limit). */
const overridesMax = 40;

/** The policy that a request asks for, over the one before it; and the template that it names. @throws AwsError ValidationError */
export function mixOf(
  wanted: MixedInstancesPolicy,
  before: Mix | undefined,
): { readonly mix: Mix; readonly template: LaunchTemplateSpecification | undefined } {
  onlyPlayed('a mixed instances policy', wanted, ['LaunchTemplate', 'InstancesDistribution']);
  const { LaunchTemplate = {}, InstancesDistribution = {} } = wanted;
  onlyPlayed('a mixed instances policy', LaunchTemplate, ['LaunchTemplateSpecification', 'Overrides']);
  const instanceTypes = LaunchTemplate.Overrides?.map((override) => {
    onlyPlayed('an override of a launch template', override, ['InstanceType']);
    return override.InstanceType ?? invalid('Each override must have an instance type.');
  });
  if ((instanceTypes?.length ?? 0) > overridesMax)
    invalid(`At most ${overridesMax} instance types may be given in the overrides of a launch template.`);
  return {
    mix: {
      instanceTypes: instanceTypes ?? before?.instanceTypes ?? [],
      ...distributionOf(InstancesDistribution, before),
    },
    template: LaunchTemplate.LaunchTemplateSpecification,
  };
}

function distributionOf(wanted: InstancesDistribution, before: Mix | undefined): Omit<Mix, 'instanceTypes'> {
  onlyPlayed('a distribution of instances', wanted, [
    'OnDemandAllocationStrategy',
    'OnDemandBaseCapacity',
    'OnDemandPercentageAboveBaseCapacity',
    'SpotAllocationStrategy',
  ]);
  const onDemandBase = wanted.OnDemandBaseCapacity ?? before?.onDemandBase ?? 0;
  const onDemandPercentage = wanted.OnDemandPercentageAboveBaseCapacity ?? before?.onDemandPercentage ?? 100;
  if (onDemandBase < 0) invalid('OnDemandBaseCapacity must not be negative.');
  if (onDemandPercentage < 0 || onDemandPercentage > 100)
    invalid(`OnDemandPercentageAboveBaseCapacity must be between 0 and 100, and is ${onDemandPercentage}`);
  // The others choose by prices and spare capacity, of which there are none here.
  const onDemand = wanted.OnDemandAllocationStrategy ?? before?.onDemandStrategy ?? 'prioritized';
  if (onDemand !== 'prioritized') throw new NotPlayedError(`the allocation strategy ${onDemand}`);
  const spot = wanted.SpotAllocationStrategy ?? before?.spotStrategy ?? 'lowest-price';
  if (spot !== 'price-capacity-optimized' && spot !== 'capacity-optimized-prioritized')
    throw new NotPlayedError(`the allocation strategy ${spot}`);
  return { onDemandBase, onDemandPercentage, onDemandStrategy: onDemand, spotStrategy: spot };
}

/** A policy as DescribeAutoScalingGroups shows it. */
export function mixView(mix: Mix, { id, name, version }: TemplateChoice): MixedInstancesPolicy {
  return {
    LaunchTemplate: {
      LaunchTemplateSpecification: { LaunchTemplateId: id, LaunchTemplateName: name, Version: version },
      Overrides: mix.instanceTypes.map((InstanceType) => ({ InstanceType })),
    },
    InstancesDistribution: {
      OnDemandAllocationStrategy: mix.onDemandStrategy,
      OnDemandBaseCapacity: mix.onDemandBase,
      OnDemandPercentageAboveBaseCapacity: mix.onDemandPercentage,
      SpotAllocationStrategy: mix.spotStrategy,
    },
  };
}

/** How the next instance is bought: AWS rounds in favour of on-demand. */
export function nextMarket(mix: Mix, group: Group): Market {
  const counted = [...group.members.values()].filter((member) => !isLeaving(member));
  const total = counted.length + 1;
  const above = Math.max(0, total - mix.onDemandBase);
  const wanted = Math.min(total, mix.onDemandBase) + Math.ceil((above * mix.onDemandPercentage) / 100);
  return counted.filter(({ market }) => market === 'on-demand').length < wanted ? 'on-demand' : 'spot';
}
