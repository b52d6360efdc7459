import type { ProviderContext, Tags } from '../provider.ts';

/** TagSpecifications of a creating call. */
export function tagged(resourceType: string, list: Tags | undefined): object {
  return list?.length ? { TagSpecifications: [{ ResourceType: resourceType, Tags: list }] } : {};
}

/** Brings the tags of a resource from what the template said to what it says now. */
export async function retag(
  context: ProviderContext,
  id: string,
  before: Tags = [],
  after: Tags = [],
): Promise<void> {
  const surplus = before.filter(({ Key }) => !after.some((tag) => tag.Key === Key));
  if (surplus.length > 0)
    await context.call('ec2', 'deleteTags', { Resources: [id], Tags: surplus.map(({ Key }) => ({ Key })) });
  if (after.length > 0) await context.call('ec2', 'createTags', { Resources: [id], Tags: after });
}
