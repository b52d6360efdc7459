import type {
  Capability,
  ResourceStatus,
  StackEvent,
  StackStatus,
  Tag,
} from '@aws-sdk/client-cloudformation';
import type { Kernel } from '../../kernel/kernel.ts';
import type { ResolvedParameter } from './parameters.ts';
import type { Made } from './provider.ts';
import type { ResourceDeclaration, Template } from './template.ts';

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly declaration: ResourceDeclaration;
  /** Properties as evaluated, before the provider's schema: what an update is compared with. */
  readonly evaluated: unknown;
  /** Properties as the provider's schema read them. */
  readonly properties: unknown;
  readonly dependencies: ReadonlySet<string>;
  readonly made: Made;
}

export interface StackOutput {
  readonly key: string;
  readonly value: string;
  readonly description: string;
  readonly exportName?: string;
}

/** A template and its parameters: what a stack is, or is to become. */
export interface Target {
  readonly body: string;
  readonly template: Template;
  readonly parameters: ReadonlyMap<string, ResolvedParameter>;
}

export interface ResourceState {
  readonly status: ResourceStatus;
  readonly reason: string;
  readonly at: Date;
}

export interface Stack {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  updatedAt?: Date;
  deletedAt?: Date;
  target: Target;
  status: StackStatus;
  reason: string;
  tags: Tag[];
  capabilities: Capability[];
  readonly resources: Map<string, StackResource>;
  /** Also of resources that are not (or no longer) there: what DescribeStackResources shows. */
  readonly states: Map<string, ResourceState>;
  outputs: StackOutput[];
  /** Names of exports of other stacks that this one uses. */
  imports: Set<string>;
  /** Oldest first; DescribeStackEvents turns them round. */
  readonly events: StackEvent[];
  /** Resolves when the operation under way has ended, well or not. */
  settled: Promise<void>;
}

export function createStackRecord(
  kernel: Kernel,
  name: string,
  target: Target,
  tags: Tag[],
  capabilities: Capability[],
): Stack {
  return {
    id: `arn:aws:cloudformation:${kernel.region}:${kernel.accountId}:stack/${name}/${kernel.ids.uuid()}`,
    name,
    createdAt: kernel.clock.now(),
    target,
    status: 'CREATE_IN_PROGRESS',
    reason: '',
    tags,
    capabilities,
    resources: new Map(),
    states: new Map(),
    outputs: [],
    imports: new Set(),
    events: [],
    settled: Promise.resolve(),
  };
}

/** Moves the stack to a status, with an event. */
export function setStatus(kernel: Kernel, stack: Stack, status: StackStatus, reason = ''): void {
  stack.status = status;
  stack.reason = reason;
  pushEvent(kernel, stack, {
    LogicalResourceId: stack.name,
    PhysicalResourceId: stack.id,
    ResourceType: 'AWS::CloudFormation::Stack',
    ResourceStatus: status as ResourceStatus,
    ...(reason ? { ResourceStatusReason: reason } : {}),
  });
}

/** Moves a resource to a status, with an event. */
export function setResourceStatus(
  kernel: Kernel,
  stack: Stack,
  resource: { logicalId: string; type: string; physicalId?: string },
  status: ResourceStatus,
  reason = '',
): void {
  stack.states.set(resource.logicalId, { status, reason, at: kernel.clock.now() });
  pushEvent(kernel, stack, {
    LogicalResourceId: resource.logicalId,
    ...(resource.physicalId === undefined ? {} : { PhysicalResourceId: resource.physicalId }),
    ResourceType: resource.type,
    ResourceStatus: status,
    ...(reason ? { ResourceStatusReason: reason } : {}),
  });
}

function pushEvent(
  kernel: Kernel,
  stack: Stack,
  event: Omit<StackEvent, 'StackId' | 'EventId' | 'StackName' | 'Timestamp'>,
): void {
  stack.events.push({
    StackId: stack.id,
    StackName: stack.name,
    EventId: kernel.ids.uuid(),
    Timestamp: kernel.clock.now(),
    ...event,
  });
}
