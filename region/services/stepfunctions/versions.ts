import type {
  DeleteStateMachineVersionCommandInput,
  ListStateMachineVersionsCommandInput,
  PublishStateMachineVersionCommandInput,
} from '@aws-sdk/client-sfn';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { page } from './paging.ts';
import type { StateMachine, StateMachines, Version } from './state-machines.ts';

/** Publishes the current revision, or gives the newest version when it already is that revision. */
export function publish(kernel: Kernel, machine: StateMachine, description: string | undefined): Version {
  const newest = machine.versions.get(machine.versionCount);
  if (newest?.revision === machine.current) return newest;
  machine.versionCount += 1;
  const number = machine.versionCount;
  const version: Version = {
    number,
    arn: `${machine.arn}:${number}`,
    revision: machine.current,
    description,
    creationDate: kernel.clock.now(),
  };
  machine.versions.set(number, version);
  return version;
}

/** Versions: immutable copies of a revision with an ARN of their own. */
export function versionOperations(kernel: Kernel, machines: StateMachines) {
  return {
    publishStateMachineVersion: (input: PublishStateMachineVersionCommandInput) => {
      const { machine } = machines.resolve(input.stateMachineArn);
      const current = machine.current.revisionId ?? 'INITIAL';
      if (input.revisionId !== undefined && input.revisionId !== current) {
        const message = `Failed to publish the State Machine version for revision ${input.revisionId}. The current State Machine revision is ${current}.`;
        throw new AwsError('ConflictException', message);
      }
      const { arn, creationDate } = publish(kernel, machine, input.description);
      return { stateMachineVersionArn: arn, creationDate };
    },
    listStateMachineVersions: (input: ListStateMachineVersionsCommandInput) => {
      const { machine } = machines.resolve(input.stateMachineArn);
      const newestFirst = [...machine.versions.values()].reverse();
      const { items, nextToken } = page(newestFirst, (version) => version.number, input, machine.arn);
      const stateMachineVersions = items.map(({ arn, creationDate }) => ({
        stateMachineVersionArn: arn,
        creationDate,
      }));
      return { stateMachineVersions, ...(nextToken === undefined ? {} : { nextToken }) };
    },
    deleteStateMachineVersion: (input: DeleteStateMachineVersionCommandInput) => {
      const { machine, version } = machines.resolve(input.stateMachineVersionArn);
      if (!version) throw new AwsError('ValidationException', 'The ARN of a version is required.');
      machine.versions.delete(version.number);
      return {};
    },
  };
}
