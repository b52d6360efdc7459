import * as z from 'zod';
import type { Kernel } from '../../../../region/kernel/kernel.ts';
import {
  type CloudformationService,
  createCloudformation,
} from '../../../../region/services/cloudformation/index.ts';
import { type Provider, provider } from '../../../../region/services/cloudformation/provider.ts';

/** What happened to the things of {@link thingProvider}, in order. */
export interface Things {
  readonly alive: Map<string, unknown>;
  readonly history: string[];
  /** Most things that were being made at once. */
  mostAtOnce: number;
}

/** A resource type `Test::Thing` that only remembers. `Fail: true` makes it fail, `Slow` makes it wait. */
function thingProvider(): { provider: Provider; things: Things } {
  const things: Things = { alive: new Map(), history: [], mostAtOnce: 0 };
  let underway = 0;
  const made = provider({
    type: 'Test::Thing',
    properties: z.strictObject({
      Name: z.string().optional(),
      Size: z.union([z.number(), z.string()]).optional(),
      Needs: z.unknown().optional(),
      Fail: z.boolean().optional(),
      Slow: z.boolean().optional(),
    }),
    ignored: { Notes: 'nobody reads them' },
    attributes: ['Arn'],
    replacedBy: ['Name'],
    create: async (p, context) => {
      underway += 1;
      things.mostAtOnce = Math.max(things.mostAtOnce, underway);
      if (p.Slow) await context.kernel.clock.sleep(20);
      underway -= 1;
      if (p.Fail) throw new Error('it was told to fail');
      const physicalId = p.Name ?? context.name(40);
      things.alive.set(physicalId, p);
      things.history.push(`create ${context.logicalId}`);
      return { physicalId, attributes: { Arn: `arn:${physicalId}` } };
    },
    update: async (existing, p, context) => {
      if (p.Fail) throw new Error('it was told to fail');
      things.alive.set(existing.physicalId, p);
      things.history.push(`update ${context.logicalId}`);
      return existing;
    },
    remove: async ({ physicalId }, context) => {
      things.alive.delete(physicalId);
      things.history.push(`delete ${context.logicalId}`);
    },
  });
  return { provider: made as unknown as Provider, things };
}

export interface StackView {
  readonly status: string;
  readonly reason: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Stacks of a test: each call waits until the stack has settled. */
export interface StackTester {
  readonly service: CloudformationService;
  readonly things: Things;
  create(
    name: string,
    template: object,
    parameters?: Record<string, string>,
    more?: object,
  ): Promise<StackView>;
  update(name: string, template: object, parameters?: Record<string, string>): Promise<StackView>;
  remove(name: string): Promise<StackView>;
  view(nameOrId: string): Promise<StackView>;
}

export function stackTester(kernel: Kernel): StackTester {
  const { provider: thing, things } = thingProvider();
  const service = createCloudformation(kernel, [thing]);
  kernel.register(service);
  const inputOf = (name: string, template: object, parameters: Record<string, string> = {}) => ({
    StackName: name,
    TemplateBody: JSON.stringify(template),
    Capabilities: ['CAPABILITY_NAMED_IAM'],
    Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
      ParameterKey,
      ParameterValue,
    })),
  });
  const view = async (nameOrId: string): Promise<StackView> => {
    const { Stacks } = await kernel.invoke<{
      Stacks: {
        StackStatus: string;
        StackStatusReason?: string;
        Outputs: { OutputKey: string; OutputValue: string }[];
      }[];
    }>('cloudformation', 'describeStacks', { StackName: nameOrId });
    const [stack] = Stacks;
    return {
      status: stack?.StackStatus ?? 'none',
      reason: stack?.StackStatusReason ?? '',
      outputs: Object.fromEntries(
        (stack?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
      ),
    };
  };
  return {
    service,
    things,
    view,
    create: async (name, template, parameters, more = {}) => {
      const { StackId } = await kernel.invoke<{ StackId: string }>('cloudformation', 'createStack', {
        ...inputOf(name, template, parameters),
        ...more,
      });
      await service.settled(StackId);
      return view(StackId);
    },
    update: async (name, template, parameters) => {
      await kernel.invoke('cloudformation', 'updateStack', inputOf(name, template, parameters));
      await service.settled(name);
      return view(name);
    },
    remove: async (name) => {
      const { Stacks } = await kernel.invoke<{ Stacks: { StackId: string }[] }>(
        'cloudformation',
        'describeStacks',
        { StackName: name },
      );
      await kernel.invoke('cloudformation', 'deleteStack', { StackName: name });
      const id = Stacks[0]?.StackId ?? '';
      await service.settled(id);
      return view(id);
    },
  };
}
