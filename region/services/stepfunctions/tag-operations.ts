import type {
  ListTagsForResourceCommandInput,
  TagResourceCommandInput,
  UntagResourceCommandInput,
} from '@aws-sdk/client-sfn';
import { AwsError } from '../../kernel/errors.ts';
import { checkArn } from './arns.ts';
import { type StateMachine, type StateMachines, tagMap } from './state-machines.ts';

/** Tags of state machines. */
export function tagOperations(machines: StateMachines) {
  const find = (given: string | undefined): StateMachine => {
    const arn = checkArn(given);
    const machine = machines.get(arn);
    if (machine) return machine;
    throw new AwsError('ResourceNotFound', `Resource not found: '${arn}'`, {
      members: { resourceName: arn },
    });
  };
  return {
    tagResource: (input: TagResourceCommandInput) => {
      const { tags } = find(input.resourceArn);
      const wanted = [...tags].map(([key, value]) => ({ key, value })).concat();
      for (const [key, value] of tagMap([...wanted, ...(input.tags ?? [])])) tags.set(key, value);
      return {};
    },
    untagResource: (input: UntagResourceCommandInput) => {
      const { tags } = find(input.resourceArn);
      for (const key of input.tagKeys ?? []) tags.delete(key);
      return {};
    },
    listTagsForResource: (input: ListTagsForResourceCommandInput) => {
      const { tags } = find(input.resourceArn);
      return { tags: [...tags].map(([key, value]) => ({ key, value })) };
    },
  };
}
