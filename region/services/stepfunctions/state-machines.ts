import type {
  EncryptionConfiguration,
  LoggingConfiguration,
  Tag,
  TracingConfiguration,
} from '@aws-sdk/client-sfn';
import { AwsError } from '../../kernel/errors.ts';
import type { StateMachineDefinition } from '../../states/definition.ts';
import { checkArn } from './arns.ts';

/** What an update replaces as a whole, and an execution keeps from its start to its end. */
export interface Revision {
  /** The text as it was given: answers return it byte for byte. */
  readonly definitionText: string;
  readonly definition: StateMachineDefinition;
  readonly roleArn: string;
  readonly loggingConfiguration: LoggingConfiguration;
  readonly tracingConfiguration: TracingConfiguration;
  readonly encryptionConfiguration: EncryptionConfiguration | undefined;
  /** Absent until the first update, as AWS shows it. */
  readonly revisionId: string | undefined;
  readonly updateDate: Date;
}

export interface Version {
  readonly number: number;
  readonly arn: string;
  readonly revision: Revision;
  readonly description: string | undefined;
  readonly creationDate: Date;
}

export interface StateMachine {
  readonly name: string;
  readonly arn: string;
  readonly creationDate: Date;
  /** `DELETING` until its last execution has ended. */
  status: 'ACTIVE' | 'DELETING';
  current: Revision;
  readonly tags: Map<string, string>;
  readonly versions: Map<number, Version>;
  versionCount: number;
  /** Order of creation, for lists. */
  readonly number: number;
}

export interface Target {
  readonly machine: StateMachine;
  /** Set when the ARN names a version. */
  readonly version: Version | undefined;
  readonly revision: Revision;
}

/** The state machines of the region. */
export interface StateMachines {
  add(machine: Omit<StateMachine, 'number'>): StateMachine;
  get(arn: string): StateMachine | undefined;
  remove(arn: string): void;
  all(): readonly StateMachine[];
  /** The machine, or the version, that an ARN names. Throws InvalidArn, StateMachineDoesNotExist, StateMachineDeleting. */
  resolve(arn: string | undefined): Target;
}

/** An empty store. */
export function createStateMachines(): StateMachines {
  const machines = new Map<string, StateMachine>();
  let count = 0;
  return {
    add: (fields) => {
      count += 1;
      const machine = { ...fields, number: count };
      machines.set(machine.arn, machine);
      return machine;
    },
    get: (arn) => machines.get(arn),
    remove: (arn) => void machines.delete(arn),
    all: () => [...machines.values()],
    resolve: (given) => {
      const arn = checkArn(given);
      const [, machineArn = arn, number] = /^(.*:stateMachine:[^:]+):(\d+)$/.exec(arn) ?? [];
      const machine = machines.get(machineArn);
      const version = number === undefined ? undefined : machine?.versions.get(Number(number));
      if (!machine || (number !== undefined && !version)) throw doesNotExist(arn);
      return { machine, version, revision: version?.revision ?? machine.current };
    },
  };
}

/** StateMachineDoesNotExist, in AWS's words. */
function doesNotExist(arn: string): AwsError {
  return new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
}

/** Tags as a map. Throws TooManyTags over 50, as AWS does. */
export function tagMap(tags: readonly Tag[] = []): Map<string, string> {
  const map = new Map(tags.map(({ key, value }) => [key ?? '', value ?? ''] as const));
  if (map.size > 50) throw new AwsError('TooManyTags', 'A resource has at most 50 tags.');
  return map;
}
