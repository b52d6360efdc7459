import type {
  CreateTagsRequest,
  DeleteTagsRequest,
  DescribeTagsRequest,
  DescribeTagsResult,
  EC2,
  ResourceType,
  Tag,
  TagDescription,
  TagSpecification,
} from '@aws-sdk/client-ec2';
import { NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed, refuse, required } from '../common/request.ts';
import { describe } from './describe.ts';
import type { Ec2 } from './store.ts';

/** EC2's limit of tags on one resource. */
const tagLimit = 50;

/** The tags of all resources, by resource id. */
export interface Tags {
  of(resourceId: string): Tag[];
  value(resourceId: string, key: string): string | undefined;
  keys(resourceId: string): string[];
  /** @throws AwsError TagLimitExceeded, InvalidParameterValue */
  add(resourceId: string, tags: readonly Tag[]): void;
  remove(resourceId: string, tags: readonly Tag[]): void;
  /** Forgets a deleted resource. */
  forget(resourceId: string): void;
  resources(): string[];
}

/** An empty table of tags. */
export function createTags(): Tags {
  const table = new Map<string, Map<string, string>>();
  const read = (id: string): ReadonlyMap<string, string> => table.get(id) ?? new Map();
  return {
    of: (id) => [...read(id)].map(([Key, Value]) => ({ Key, Value })),
    value: (id, key) => read(id).get(key),
    keys: (id) => [...read(id).keys()],
    add: (id, tags) => {
      const merged = new Map(read(id));
      for (const tag of checkTags(tags)) merged.set(tag.key, tag.value);
      if (merged.size > tagLimit)
        refuse(
          'TagLimitExceeded',
          `The maximum number of Tags for a resource has been reached: ${tagLimit}.`,
        );
      table.set(id, merged);
    },
    remove: (id, tags) => {
      const left = new Map(read(id));
      for (const { Key = '', Value } of tags)
        if (Value === undefined || left.get(Key) === Value) left.delete(Key);
      table.set(id, left);
    },
    forget: (id) => void table.delete(id),
    resources: () => [...table.keys()],
  };
}

/** Tags as EC2 takes them. @throws AwsError InvalidParameterValue for a key or value that it refuses. */
export function checkTags(tags: readonly Tag[]): { key: string; value: string }[] {
  return tags.map(({ Key, Value = '' }) => {
    const key = required(Key, 'Tag.Key');
    if (key.length > 128)
      refuse('InvalidParameterValue', 'Tag key exceeds the maximum length of 128 characters');
    if (Value.length > 256)
      refuse('InvalidParameterValue', 'Tag value exceeds the maximum length of 256 characters');
    return { key, value: Value };
  });
}

/**
 * The tags that a creating request gives to the resource it makes.
 * @throws AwsError InvalidParameterValue for a resource type that this operation does not make.
 */
export function tagsFor(
  specifications: readonly TagSpecification[] | undefined,
  ...types: ResourceType[]
): Tag[] {
  for (const { ResourceType: type } of specifications ?? [])
    if (type === undefined || !types.includes(type))
      refuse(
        'InvalidParameterValue',
        `'${type ?? ''}' is not a valid taggable resource type for this operation.`,
      );
  const tags = (specifications ?? [])
    .filter((one) => one.ResourceType === types[0])
    .flatMap((one) => one.Tags ?? []);
  checkTags(tags);
  return tags;
}

/**
 * Refuses tags in AWS's own name space from anybody but AWS's services (Auto Scaling puts `aws:autoscaling:groupName` on).
 * @throws AwsError InvalidParameterValue
 */
export function refuseReservedTags(input: object): void {
  const { Tags = [], TagSpecifications = [] } = input as {
    Tags?: Tag[];
    TagSpecifications?: TagSpecification[];
  };
  for (const { Key = '' } of [...Tags, ...TagSpecifications.flatMap((one) => one.Tags ?? [])])
    if (Key.startsWith('aws:'))
      refuse(
        'InvalidParameterValue',
        `Value ( ${Key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
      );
}

const typeOfPrefix: Readonly<Record<string, ResourceType>> = {
  vpc: 'vpc',
  subnet: 'subnet',
  igw: 'internet-gateway',
  rtb: 'route-table',
  sg: 'security-group',
  sgr: 'security-group-rule',
  eni: 'network-interface',
  vol: 'volume',
  i: 'instance',
  lt: 'launch-template',
  vpce: 'vpc-endpoint',
  eipalloc: 'elastic-ip',
  nat: 'natgateway',
  fl: 'vpc-flow-log',
};

/** The type of a resource by the prefix of its id. */
export function resourceType(id: string): ResourceType {
  const type = typeOfPrefix[id.slice(0, id.indexOf('-'))];
  if (type === undefined) throw new NotPlayedError(`tags of ${id}`);
  return type;
}

function createTagsOf(ec2: Ec2, input: CreateTagsRequest): Record<string, never> {
  onlyPlayed('ec2.createTags', input, ['Resources', 'Tags']);
  const resources = required(input.Resources, 'resourceId');
  for (const id of resources) ec2.requireResource(id);
  for (const id of resources) ec2.tags.add(id, required(input.Tags, 'tag'));
  return {};
}

function deleteTagsOf(ec2: Ec2, input: DeleteTagsRequest): Record<string, never> {
  onlyPlayed('ec2.deleteTags', input, ['Resources', 'Tags']);
  for (const id of required(input.Resources, 'resourceId'))
    ec2.tags.remove(id, input.Tags ?? ec2.tags.of(id));
  return {};
}

function describeTagsOf(ec2: Ec2, input: DescribeTagsRequest): DescribeTagsResult {
  onlyPlayed('ec2.describeTags', input, ['Filters', 'MaxResults', 'NextToken']);
  const items: TagDescription[] = ec2.tags
    .resources()
    .flatMap((ResourceId) =>
      ec2.tags.of(ResourceId).map((tag) => ({ ...tag, ResourceId, ResourceType: resourceType(ResourceId) })),
    );
  const page = describe(input, {
    kind: 'instance',
    items,
    idOf: (tag) => tag.ResourceId ?? '',
    filters: {
      key: (tag) => tag.Key,
      value: (tag) => tag.Value,
      'resource-id': (tag) => tag.ResourceId,
      'resource-type': (tag) => tag.ResourceType,
    },
    tags: ec2.tags,
  });
  return { Tags: [...page.items], NextToken: page.nextToken };
}

/** CreateTags, DeleteTags, DescribeTags. */
export function tagOperations(ec2: Ec2): Operations<EC2> {
  return {
    createTags: (input) => createTagsOf(ec2, input),
    deleteTags: (input) => deleteTagsOf(ec2, input),
    describeTags: (input) => describeTagsOf(ec2, input),
  };
}
