import type { CloudFormation } from '@aws-sdk/client-cloudformation';
import type { Kernel, Operations, Service } from '../../kernel/kernel.ts';
import { createLifecycle } from './lifecycle.ts';
import { changingOperations, readingOperations } from './operations.ts';
import type { Provider } from './provider.ts';
import { allProviders } from './resources/index.ts';
import { createStacks } from './stacks.ts';

export interface CloudformationService extends Service {
  readonly id: 'cloudformation';
  /** Resolves when the operation under way on a stack has ended, well or not. */
  settled(nameOrId: string): Promise<void>;
}

/**
 * AWS CloudFormation for the templates that `cdk synth` makes (design §9). It is loud on every intrinsic function, resource type, attribute
 * and property that it does not honour. `extra` providers are for tests.
 */
export function createCloudformation(kernel: Kernel, extra: readonly Provider[] = []): CloudformationService {
  const stacks = createStacks();
  const providers = new Map([...allProviders, ...extra].map((provider) => [provider.type, provider]));
  const lifecycle = createLifecycle(kernel, providers, stacks.exports);
  const operations = {
    ...changingOperations(kernel, stacks, lifecycle),
    ...readingOperations(stacks),
  } satisfies Operations<CloudFormation>;
  return {
    id: 'cloudformation',
    operations,
    settled: (nameOrId) => stacks.find(nameOrId).settled,
  };
}
