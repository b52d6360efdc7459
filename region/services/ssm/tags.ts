import type { SSM, Tag } from '@aws-sdk/client-ssm';
import { AwsError, NotPlayedError } from '../../kernel/errors.ts';
import type { Operations } from '../../kernel/kernel.ts';
import type { Executions } from './automation/executions.ts';
import { bareName, checkTags, type SsmState } from './state.ts';

/** Tags of parameters, documents and automations. */
export function tagOperations(ssm: SsmState, executions: Executions) {
  const tagged = (type: string | undefined, id = ''): { tags: Tag[] } => {
    const found = findTagged(ssm, executions, type, id);
    if (found) return found;
    throw new AwsError(
      'InvalidResourceId',
      'The resource ID is not valid. Verify that you entered the correct ID and try again.',
    );
  };
  return {
    addTagsToResource: (input) => {
      const resource = tagged(input.ResourceType, input.ResourceId);
      const added = input.Tags ?? [];
      const names = new Set(added.map((tag) => tag.Key));
      resource.tags = checkTags([...resource.tags.filter((tag) => !names.has(tag.Key)), ...added]);
      return {};
    },
    removeTagsFromResource: (input) => {
      const resource = tagged(input.ResourceType, input.ResourceId);
      resource.tags = resource.tags.filter((tag) => !input.TagKeys?.includes(tag.Key ?? ''));
      return {};
    },
    listTagsForResource: (input) => ({ TagList: [...tagged(input.ResourceType, input.ResourceId).tags] }),
  } satisfies Operations<SSM>;
}

function findTagged(
  ssm: SsmState,
  executions: Executions,
  type: string | undefined,
  id: string,
): { tags: Tag[] } | undefined {
  switch (type) {
    case 'Parameter':
      return ssm.parameters.get(bareName(ssm, id));
    case 'Document':
      return ssm.documents.get(id);
    case 'Automation':
      return executions.find(id);
    default:
      throw new NotPlayedError(`tags of the SSM resource type ${type}`);
  }
}
