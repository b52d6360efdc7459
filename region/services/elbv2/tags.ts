import type {
  AddTagsInput,
  DescribeTagsInput,
  DescribeTagsOutput,
  ElasticLoadBalancingV2,
  RemoveTagsInput,
  Tag,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse } from '../common/request.ts';
import { type Elb, listenerOf, loadBalancerOf, targetGroupOf } from './load-balancer.ts';

/** Tags that one resource may have. */
const tagLimit = 50;

/** Adds tags to a resource, new or not. @throws AwsError TooManyTags, DuplicateTagKeys */
export function setTags(elb: Elb, arn: string, tags: readonly Tag[] = []): void {
  const keys = tags.map((tag) => tag.Key ?? '');
  if (new Set(keys).size < keys.length) refuse('DuplicateTagKeys', 'A tag key was specified more than once');
  const merged = new Map([
    ...(elb.tags.get(arn) ?? []),
    ...tags.map(({ Key = '', Value = '' }): [string, string] => [Key, Value]),
  ]);
  if (merged.size > tagLimit) refuse('TooManyTags', `A resource may have at most ${tagLimit} tags`);
  elb.tags.set(arn, merged);
}

/** @throws AwsError the resource's NotFound */
function requireResource(elb: Elb, arn: string): string {
  if (arn.includes(':targetgroup/')) targetGroupOf(elb, arn);
  else if (arn.includes(':listener/')) listenerOf(elb, arn);
  else loadBalancerOf(elb, arn);
  return arn;
}

function addTags(elb: Elb, input: AddTagsInput): Record<string, never> {
  onlyPlayed('elbv2.addTags', input, ['ResourceArns', 'Tags']);
  for (const arn of input.ResourceArns ?? []) setTags(elb, requireResource(elb, arn), input.Tags);
  return {};
}

function removeTags(elb: Elb, input: RemoveTagsInput): Record<string, never> {
  onlyPlayed('elbv2.removeTags', input, ['ResourceArns', 'TagKeys']);
  for (const arn of input.ResourceArns ?? [])
    for (const key of input.TagKeys ?? []) elb.tags.get(requireResource(elb, arn))?.delete(key);
  return {};
}

function describeTags(elb: Elb, input: DescribeTagsInput): DescribeTagsOutput {
  onlyPlayed('elbv2.describeTags', input, ['ResourceArns']);
  const TagDescriptions = (input.ResourceArns ?? []).map((arn) => ({
    ResourceArn: requireResource(elb, arn),
    Tags: [...(elb.tags.get(arn) ?? [])].map(([Key, Value]) => ({ Key, Value })),
  }));
  return { TagDescriptions };
}

/** Tags of load balancers, listeners and target groups. */
export function tagOperations(elb: Elb): Operations<ElasticLoadBalancingV2> {
  return {
    addTags: (input) => addTags(elb, input),
    removeTags: (input) => removeTags(elb, input),
    describeTags: (input) => describeTags(elb, input),
  };
}
