import type {
  DescribeInstanceAttributeRequest,
  EC2,
  GetConsoleOutputRequest,
  GetConsoleOutputResult,
  InstanceAttribute,
  InstanceStateChange,
  ModifyInstanceAttributeRequest,
  StartInstancesRequest,
  StopInstancesRequest,
  TerminateInstancesRequest,
} from '@aws-sdk/client-ec2';
import { NotPlayedError } from '../../../kernel/errors.ts';
import type { Operations } from '../../../kernel/kernel.ts';
import { onlyPlayed, refuse, required } from '../../common/request.ts';
import { createClientTokens, found } from '../request.ts';
import type { Ec2 } from '../store.ts';
import { volumesOf } from '../volumes/attach-volume.ts';
import { describeInstanceStatus, describeInstances } from './describe-instances.ts';
import type { Instance } from './instance.ts';
import { type Command, commandEffect, type InstanceState, stateCodes } from './instance-states.ts';
import { bringDown, bringUp, tearDown } from './lifecycle.ts';
import { runInstances } from './run-instances.ts';

const shutdownReason = {
  code: 'Client.UserInitiatedShutdown',
  message: 'Client.UserInitiatedShutdown: User initiated shutdown',
};

function stateView(state: InstanceState): { Name: InstanceState; Code: number } {
  return { Name: state, Code: stateCodes[state] };
}

/** All instances of a command, refused together before the first one changes. */
function commanded(ec2: Ec2, command: Command, ids: readonly string[] | undefined): Instance[] {
  const instances = required(ids, 'InstanceId').map((id) => found('instance', ec2.instances, id));
  for (const { instanceId, state, protectedFromTermination } of instances) {
    const effect = commandEffect(command, state);
    if (effect.kind === 'refused') refuse('IncorrectInstanceState', effect.message(instanceId));
    if (command === 'terminate' && protectedFromTermination)
      refuse(
        'OperationNotPermitted',
        `The instance '${instanceId}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
      );
  }
  return instances;
}

function change(
  ec2: Ec2,
  command: Command,
  instances: readonly Instance[],
  begin: (instance: Instance) => void,
): InstanceStateChange[] {
  return instances.map((instance) => {
    const { instanceId: InstanceId, state } = instance;
    if (commandEffect(command, state).kind === 'begin') {
      const time = ec2.kernel.clock.now().toISOString().replace('T', ' ').slice(0, 19);
      instance.stateTransitionReason = command === 'start' ? '' : `User initiated (${time} GMT)`;
      begin(instance);
    }
    return { InstanceId, PreviousState: stateView(state), CurrentState: stateView(instance.state) };
  });
}

function start(ec2: Ec2, input: StartInstancesRequest): { StartingInstances: InstanceStateChange[] } {
  onlyPlayed('ec2.startInstances', input, ['InstanceIds']);
  const instances = commanded(ec2, 'start', input.InstanceIds);
  const begin = (instance: Instance): void => {
    instance.launchTime = ec2.kernel.clock.now();
    bringUp(ec2, instance);
  };
  return { StartingInstances: change(ec2, 'start', instances, begin) };
}

function stop(ec2: Ec2, input: StopInstancesRequest): { StoppingInstances: InstanceStateChange[] } {
  onlyPlayed('ec2.stopInstances', input, ['InstanceIds', 'Force', 'SkipOsShutdown']);
  const instances = commanded(ec2, 'stop', input.InstanceIds);
  const begin = (instance: Instance): void => bringDown(ec2, instance, shutdownReason);
  return { StoppingInstances: change(ec2, 'stop', instances, begin) };
}

function terminate(
  ec2: Ec2,
  input: TerminateInstancesRequest,
): { TerminatingInstances: InstanceStateChange[] } {
  onlyPlayed('ec2.terminateInstances', input, ['InstanceIds', 'SkipOsShutdown', 'Force']);
  const skipOsShutdown = input.SkipOsShutdown === true || input.Force === true;
  const instances = commanded(ec2, 'terminate', input.InstanceIds);
  const begin = (instance: Instance): void =>
    tearDown(ec2, instance, { reason: shutdownReason, skipOsShutdown });
  return { TerminatingInstances: change(ec2, 'terminate', instances, begin) };
}

function getConsoleOutput(ec2: Ec2, input: GetConsoleOutputRequest): GetConsoleOutputResult {
  onlyPlayed('ec2.getConsoleOutput', input, ['InstanceId', 'Latest']);
  const instance = found('instance', ec2.instances, required(input.InstanceId, 'InstanceId'));
  const text = instance.machine?.consoleOutput() ?? instance.console;
  return {
    InstanceId: instance.instanceId,
    Timestamp: ec2.kernel.clock.now(),
    Output: Buffer.from(text).toString('base64'),
  };
}

function modifyAttribute(ec2: Ec2, input: ModifyInstanceAttributeRequest): Record<string, never> {
  onlyPlayed('ec2.modifyInstanceAttribute', input, [
    'InstanceId',
    'DisableApiTermination',
    'BlockDeviceMappings',
  ]);
  const instance = found('instance', ec2.instances, required(input.InstanceId, 'instanceId'));
  for (const { DeviceName, Ebs } of input.BlockDeviceMappings ?? []) {
    const volume = volumesOf(ec2, instance.instanceId).find((one) => one.attachment?.device === DeviceName);
    if (volume?.attachment === undefined)
      refuse('InvalidInstanceAttributeValue', `No device is currently mapped at ${DeviceName}`);
    volume.attachment.deleteOnTermination = Ebs?.DeleteOnTermination ?? volume.attachment.deleteOnTermination;
  }
  instance.protectedFromTermination = input.DisableApiTermination?.Value ?? instance.protectedFromTermination;
  return {};
}

function describeAttribute(ec2: Ec2, input: DescribeInstanceAttributeRequest): InstanceAttribute {
  onlyPlayed('ec2.describeInstanceAttribute', input, ['InstanceId', 'Attribute']);
  const instance = found('instance', ec2.instances, required(input.InstanceId, 'instanceId'));
  const InstanceId = instance.instanceId;
  switch (required(input.Attribute, 'attribute')) {
    case 'userData':
      return { InstanceId, UserData: { Value: Buffer.from(instance.userData).toString('base64') } };
    case 'disableApiTermination':
      return { InstanceId, DisableApiTermination: { Value: instance.protectedFromTermination } };
    case 'instanceType':
      return { InstanceId, InstanceType: { Value: instance.instanceType } };
    default:
      throw new NotPlayedError(`the instance attribute ${input.Attribute}`);
  }
}

/** Instances: their launch, life and end. */
export function instanceOperations(ec2: Ec2): Operations<EC2> {
  const tokens = createClientTokens<readonly string[]>();
  return {
    runInstances: (input, context) => runInstances(ec2, tokens, input, context),
    startInstances: (input) => start(ec2, input),
    stopInstances: (input) => stop(ec2, input),
    terminateInstances: (input) => terminate(ec2, input),
    describeInstances: (input) => describeInstances(ec2, input),
    describeInstanceStatus: (input) => describeInstanceStatus(ec2, input),
    getConsoleOutput: (input) => getConsoleOutput(ec2, input),
    modifyInstanceAttribute: (input) => modifyAttribute(ec2, input),
    describeInstanceAttribute: (input) => describeAttribute(ec2, input),
  };
}
