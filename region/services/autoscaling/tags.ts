import type {
  AutoScaling as AutoScalingClient,
  CreateOrUpdateTagsType,
  DeleteTagsType,
  DescribeTagsType,
  TagDescription,
  Tag as TagInput,
  TagsType,
} from '@aws-sdk/client-auto-scaling';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import { takePage } from '../common/take-page.ts';
import type { Group, Tag } from './group.ts';
import { type AutoScaling, groupNamed, invalid } from './store.ts';

/** Tags of a request, by key. @throws AwsError ValidationError */
export function tagsOf(tags: readonly TagInput[] | undefined): Map<string, Tag> {
  return new Map(
    (tags ?? []).map(({ Key = '', Value = '', PropagateAtLaunch }): [string, Tag] => {
      if (Key === '' || Key.length > 128) invalid(`Tag key '${Key}' must have 1 to 128 characters`);
      return [Key, { value: Value, propagate: PropagateAtLaunch ?? false }];
    }),
  );
}

/** The tags of a group in the shape of the SDK. */
export function tagViews({ name, tags }: Group): TagDescription[] {
  return [...tags].map(([Key, { value, propagate }]) => ({
    Key,
    Value: value,
    PropagateAtLaunch: propagate,
    ResourceId: name,
    ResourceType: 'auto-scaling-group',
  }));
}

function createOrUpdate(scaling: AutoScaling, input: CreateOrUpdateTagsType): Record<string, never> {
  onlyPlayed('autoscaling.createOrUpdateTags', input, ['Tags']);
  for (const tag of input.Tags ?? []) {
    const group = groupNamed(scaling, tag.ResourceId);
    for (const [key, value] of tagsOf([tag])) group.tags.set(key, value);
  }
  return {};
}

function deleteTags(scaling: AutoScaling, input: DeleteTagsType): Record<string, never> {
  onlyPlayed('autoscaling.deleteTags', input, ['Tags']);
  for (const { Key = '', ResourceId } of input.Tags ?? []) groupNamed(scaling, ResourceId).tags.delete(Key);
  return {};
}

function describeTags(scaling: AutoScaling, input: DescribeTagsType): TagsType {
  onlyPlayed('autoscaling.describeTags', input, ['Filters', 'MaxRecords', 'NextToken']);
  const matches = (tag: TagDescription): boolean =>
    (input.Filters ?? []).every(({ Name, Values = [] }) => {
      switch (Name) {
        case 'auto-scaling-group':
          return Values.includes(tag.ResourceId ?? '');
        case 'key':
          return Values.includes(tag.Key ?? '');
        case 'value':
          return Values.includes(tag.Value ?? '');
        case 'propagate-at-launch':
          return Values.includes(String(tag.PropagateAtLaunch));
        default:
          return invalid(
            `Filter type ${Name} is not correct. Allowed Filter types are: auto-scaling-group key value propagate-at-launch`,
          );
      }
    });
  const all = [...scaling.groups.values()].flatMap(tagViews).filter(matches);
  const page = takePage(all, input.NextToken, input.MaxRecords, { smallest: 1, largest: 100 });
  return { Tags: [...page.items], NextToken: page.nextToken };
}

/** Tags of groups. */
export function tagOperations(scaling: AutoScaling): Operations<AutoScalingClient> {
  return {
    createOrUpdateTags: (input) => createOrUpdate(scaling, input),
    deleteTags: (input) => deleteTags(scaling, input),
    describeTags: (input) => describeTags(scaling, input),
  };
}
