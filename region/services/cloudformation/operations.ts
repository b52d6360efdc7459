import type {
  CloudFormation,
  CreateStackInput,
  Parameter,
  StackResource as ResourceShape,
  Stack as StackShape,
} from '@aws-sdk/client-cloudformation';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, Operations } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import type { Lifecycle } from './lifecycle.ts';
import { resolveParameters } from './parameters.ts';
import { createStackRecord, type Stack, setStatus, type Target } from './stack.ts';
import type { Stacks } from './stacks.ts';
import { parseTemplate } from './template.ts';

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/** Reads template and parameters of a call; `before` gives previous values. */
async function targetOf(
  kernel: Kernel,
  input: { TemplateBody?: string | undefined; Parameters?: Parameter[] | undefined },
  before?: Target,
): Promise<Target> {
  const body = input.TemplateBody ?? before?.body;
  if (body === undefined) throw invalid('Either Template URL or Template Body must be specified.');
  const template = parseTemplate(body);
  const given = new Map<string, string>();
  for (const {
    ParameterKey: key = '',
    ParameterValue: value,
    UsePreviousValue: previous,
  } of input.Parameters ?? []) {
    const chosen = previous ? before?.parameters.get(key)?.given : value;
    if (chosen === undefined) throw invalid(`Parameter ${key} has no value`);
    given.set(key, chosen);
  }
  return { body, template, parameters: await resolveParameters(kernel, template, given) };
}

/** Roles with names of their own need CAPABILITY_NAMED_IAM, as on AWS. */
function checkCapabilities({ template }: Target, capabilities: readonly string[] = []): void {
  const iam = Object.values(template.resources).filter(({ Type: type }) => type.startsWith('AWS::IAM::'));
  const named = iam.some(
    ({ Properties: p }) => p.RoleName ?? p.PolicyName ?? p.ManagedPolicyName ?? p.InstanceProfileName,
  );
  const needed = named ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM';
  const has =
    capabilities.includes('CAPABILITY_NAMED_IAM') || (!named && capabilities.includes('CAPABILITY_IAM'));
  if (iam.length > 0 && !has) {
    throw new AwsError('InsufficientCapabilitiesException', `Requires capabilities : [${needed}]`);
  }
}

/** Operations that change stacks. They answer at once; the work goes on, as on AWS. */
export function changingOperations(kernel: Kernel, stacks: Stacks, lifecycle: Lifecycle) {
  const members = [
    'StackName',
    'TemplateBody',
    'Parameters',
    'Capabilities',
    'Tags',
    'ClientRequestToken',
  ] as const;
  const begin = (stack: Stack, work: () => Promise<void>): void => {
    stack.settled = work().catch((error) => {
      kernel.log(`cloudformation ${stack.name}: ${String(error)}`);
      setStatus(kernel, stack, 'ROLLBACK_FAILED', String(error));
    });
  };
  return {
    createStack: async (input: CreateStackInput) => {
      onlyPlayed('cloudformation.createStack', input, [
        ...members,
        'OnFailure',
        'DisableRollback',
        'TimeoutInMinutes',
      ]);
      const name = input.StackName ?? '';
      if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name)) throw invalid(`The stack name ${name} is malformed.`);
      if (stacks.named(name)) throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
      const target = await targetOf(kernel, input);
      checkCapabilities(target, input.Capabilities);
      const stack = createStackRecord(kernel, name, target, input.Tags ?? [], input.Capabilities ?? []);
      lifecycle.check(stack, target);
      stacks.add(stack);
      setStatus(kernel, stack, 'CREATE_IN_PROGRESS', 'User Initiated');
      const onFailure = input.DisableRollback ? 'DO_NOTHING' : (input.OnFailure ?? 'ROLLBACK');
      begin(stack, () => lifecycle.create(stack, onFailure));
      return { StackId: stack.id };
    },
    updateStack: async (input) => {
      onlyPlayed('cloudformation.updateStack', input, [...members, 'UsePreviousTemplate']);
      const stack = stacks.find(input.StackName);
      if (!/^(CREATE_COMPLETE|UPDATE_COMPLETE|UPDATE_ROLLBACK_COMPLETE)$/.test(stack.status)) {
        throw invalid(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
      }
      const target = await targetOf(kernel, input, stack.target);
      checkCapabilities(target, input.Capabilities);
      const same = (left: Target, right: Target): boolean =>
        JSON.stringify(left.template) === JSON.stringify(right.template) &&
        JSON.stringify([...left.parameters]) === JSON.stringify([...right.parameters]);
      if (same(target, stack.target)) throw invalid('No updates are to be performed.');
      lifecycle.check(stack, target);
      if (input.Tags) stack.tags = input.Tags;
      setStatus(kernel, stack, 'UPDATE_IN_PROGRESS', 'User Initiated');
      begin(stack, () => lifecycle.update(stack, target));
      return { StackId: stack.id };
    },
    deleteStack: (input) => {
      onlyPlayed('cloudformation.deleteStack', input, ['StackName', 'ClientRequestToken']);
      const stack = stacks.known(input.StackName);
      if (!stack || stack.deletedAt) return {};
      if (stack.status.endsWith('_IN_PROGRESS'))
        throw invalid(`Stack [${stack.name}] cannot be deleted while in status ${stack.status}`);
      for (const { exportName } of stack.outputs) {
        const [user] = exportName === undefined ? [] : stacks.importers(exportName);
        if (user) throw invalid(`Export ${exportName} cannot be deleted as it is in use by ${user}`);
      }
      begin(stack, () => lifecycle.remove(stack));
      return {};
    },
  } satisfies Operations<CloudFormation>;
}

/** Operations that read. */
export function readingOperations(stacks: Stacks) {
  return {
    describeStacks: (input) => {
      onlyPlayed('cloudformation.describeStacks', input, ['StackName', 'NextToken']);
      const chosen =
        input.StackName === undefined
          ? stacks.all().filter((stack) => !stack.deletedAt)
          : [stacks.find(input.StackName)];
      return { Stacks: chosen.map(shapeOf) };
    },
    listStacks: (input) => {
      onlyPlayed('cloudformation.listStacks', input, ['StackStatusFilter', 'NextToken']);
      const wanted = input.StackStatusFilter;
      return {
        StackSummaries: stacks
          .all()
          .filter(({ status }) => !wanted || wanted.includes(status))
          .map((stack) => ({
            StackId: stack.id,
            StackName: stack.name,
            CreationTime: stack.createdAt,
            StackStatus: stack.status,
            ...(stack.updatedAt ? { LastUpdatedTime: stack.updatedAt } : {}),
            ...(stack.deletedAt ? { DeletionTime: stack.deletedAt } : {}),
            ...(stack.reason ? { StackStatusReason: stack.reason } : {}),
          })),
      };
    },
    describeStackResources: (input) => {
      onlyPlayed('cloudformation.describeStackResources', input, ['StackName', 'LogicalResourceId']);
      const stack = stacks.find(input.StackName);
      const wanted = input.LogicalResourceId;
      return {
        StackResources: resourceShapes(stack).filter(({ LogicalResourceId: id }) => !wanted || id === wanted),
      };
    },
    listStackResources: (input) => {
      onlyPlayed('cloudformation.listStackResources', input, ['StackName', 'NextToken']);
      return {
        StackResourceSummaries: resourceShapes(stacks.find(input.StackName)).map(
          ({ Timestamp: at, StackId: _i, StackName: _n, ...rest }) => ({
            ...rest,
            LastUpdatedTimestamp: at,
          }),
        ),
      };
    },
    describeStackEvents: (input) => {
      onlyPlayed('cloudformation.describeStackEvents', input, ['StackName', 'NextToken']);
      return { StackEvents: [...stacks.find(input.StackName).events].reverse() };
    },
    getTemplate: (input) => {
      onlyPlayed('cloudformation.getTemplate', input, ['StackName', 'TemplateStage']);
      // Byte for byte what was deployed: the template has no transforms, so both stages are the same.
      return {
        TemplateBody: stacks.find(input.StackName).target.body,
        StagesAvailable: ['Original', 'Processed'],
      };
    },
    listExports: (input) => {
      onlyPlayed('cloudformation.listExports', input, ['NextToken']);
      return {
        Exports: stacks.all().flatMap((stack) =>
          stack.outputs
            .filter(({ exportName }) => exportName !== undefined)
            .map(({ exportName, value }) => ({
              ExportingStackId: stack.id,
              Name: exportName,
              Value: value,
            })),
        ),
      };
    },
    listImports: (input) => {
      onlyPlayed('cloudformation.listImports', input, ['ExportName', 'NextToken']);
      return { Imports: stacks.importers(input.ExportName ?? '') };
    },
  } satisfies Operations<CloudFormation>;
}

function shapeOf(stack: Stack): StackShape {
  return {
    StackId: stack.id,
    StackName: stack.name,
    ...(stack.target.template.description ? { Description: stack.target.template.description } : {}),
    Parameters: [...stack.target.parameters].map(([key, { shown }]) => ({
      ParameterKey: key,
      ParameterValue: shown,
    })),
    CreationTime: stack.createdAt,
    ...(stack.updatedAt ? { LastUpdatedTime: stack.updatedAt } : {}),
    ...(stack.deletedAt ? { DeletionTime: stack.deletedAt } : {}),
    StackStatus: stack.status,
    ...(stack.reason ? { StackStatusReason: stack.reason } : {}),
    Capabilities: stack.capabilities,
    Outputs: stack.outputs.map(({ key, value, description, exportName }) => ({
      OutputKey: key,
      OutputValue: value,
      ...(description ? { Description: description } : {}),
      ...(exportName ? { ExportName: exportName } : {}),
    })),
    Tags: stack.tags,
    EnableTerminationProtection: false,
    DisableRollback: false,
  };
}

function resourceShapes(stack: Stack): (ResourceShape & { LogicalResourceId: string })[] {
  return [...stack.states].map(([logicalId, { status, reason, at }]) => {
    const resource = stack.resources.get(logicalId);
    return {
      StackName: stack.name,
      StackId: stack.id,
      LogicalResourceId: logicalId,
      ...(resource ? { PhysicalResourceId: resource.made.physicalId } : {}),
      ResourceType: resource?.type ?? stack.target.template.resources[logicalId]?.Type ?? '',
      Timestamp: at,
      ResourceStatus: status,
      ...(reason ? { ResourceStatusReason: reason } : {}),
    };
  });
}
