import type {
  CreateStateMachineCommandInput,
  DeleteStateMachineCommandInput,
  UpdateStateMachineCommandInput,
} from '@aws-sdk/client-sfn';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { StateMachineDefinition } from '../../states/definition.ts';
import { describeProblems, validateDefinition } from '../../states/validate.ts';
import { onlyPlayed } from '../common/request.ts';
import { type Arns, checkArn, checkName, checkRoleArn } from './arns.ts';
import { refuseExpress } from './descriptions.ts';
import { checkLogging } from './logging.ts';
import { type Revision, type StateMachine, type StateMachines, tagMap } from './state-machines.ts';
import { publish } from './versions.ts';

type Create = CreateStateMachineCommandInput;
type Update = UpdateStateMachineCommandInput;

/** Creating, changing and deleting state machines. `onDelete` is told of a machine that is to go. */
export function stateMachineOperations(
  kernel: Kernel,
  arns: Arns,
  machines: StateMachines,
  onDelete: (machine: StateMachine) => void,
) {
  return {
    createStateMachine: async (input: Create) => {
      onlyPlayed('stepfunctions.createStateMachine', input, createMembers);
      const name = checkName(input.name);
      const revision = await firstRevision(kernel, input);
      const tags = tagMap(input.tags);
      const arn = arns.stateMachine(name);
      const existing = machines.get(arn);
      const machine = existing
        ? sameOrRefused(existing, revision)
        : machines.add({
            name,
            arn,
            creationDate: kernel.clock.now(),
            status: 'ACTIVE',
            current: revision,
            tags,
            versions: new Map(),
            versionCount: 0,
          });
      const version = input.publish ? publish(kernel, machine, input.versionDescription) : undefined;
      return {
        stateMachineArn: arn,
        creationDate: machine.creationDate,
        ...(version === undefined ? {} : { stateMachineVersionArn: version.arn }),
      };
    },
    updateStateMachine: async (input: Update) => {
      onlyPlayed('stepfunctions.updateStateMachine', input, updateMembers);
      const { machine } = machines.resolve(input.stateMachineArn);
      refuseDeleting(machine);
      const revision = await nextRevision(kernel, machine, input);
      machine.current = revision;
      const version = input.publish ? publish(kernel, machine, input.versionDescription) : undefined;
      return {
        updateDate: revision.updateDate,
        revisionId: revision.revisionId,
        ...(version === undefined ? {} : { stateMachineVersionArn: version.arn }),
      };
    },
    deleteStateMachine: (input: DeleteStateMachineCommandInput) => {
      const machine = machines.get(checkArn(input.stateMachineArn));
      if (machine) onDelete(machine);
      return {};
    },
  };
}

const createMembers = [
  'name',
  'definition',
  'roleArn',
  'type',
  'loggingConfiguration',
  'tags',
  'tracingConfiguration',
  'publish',
  'versionDescription',
  'encryptionConfiguration',
] as const;

const updateMembers = [
  'stateMachineArn',
  'definition',
  'roleArn',
  'loggingConfiguration',
  'tracingConfiguration',
  'publish',
  'versionDescription',
  'encryptionConfiguration',
] as const;

async function firstRevision(kernel: Kernel, input: Create): Promise<Revision> {
  refuseExpress(input.type);
  refuseDescriptionAlone(input);
  return {
    definitionText: input.definition ?? '',
    definition: parseDefinition(input.definition ?? ''),
    roleArn: checkRoleArn(input.roleArn),
    loggingConfiguration: await checkLogging(kernel, input.loggingConfiguration),
    tracingConfiguration: { enabled: input.tracingConfiguration?.enabled ?? false },
    encryptionConfiguration: input.encryptionConfiguration,
    revisionId: undefined,
    updateDate: kernel.clock.now(),
  };
}

async function nextRevision(kernel: Kernel, machine: StateMachine, input: Update): Promise<Revision> {
  const { current } = machine;
  const { definition, roleArn, loggingConfiguration, tracingConfiguration, encryptionConfiguration } = input;
  const given = [definition, roleArn, loggingConfiguration, tracingConfiguration, encryptionConfiguration];
  if (given.every((member) => member === undefined)) {
    const message =
      'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified';
    throw new AwsError('MissingRequiredParameter', message);
  }
  refuseDescriptionAlone(input);
  return {
    definitionText: definition ?? current.definitionText,
    definition: definition === undefined ? current.definition : parseDefinition(definition),
    roleArn: roleArn === undefined ? current.roleArn : checkRoleArn(roleArn),
    loggingConfiguration:
      loggingConfiguration === undefined
        ? current.loggingConfiguration
        : await checkLogging(kernel, loggingConfiguration),
    tracingConfiguration: { enabled: tracingConfiguration?.enabled ?? current.tracingConfiguration.enabled },
    encryptionConfiguration: encryptionConfiguration ?? current.encryptionConfiguration,
    revisionId: kernel.ids.uuid(),
    updateDate: kernel.clock.now(),
  };
}

/** CreateStateMachine is idempotent in everything but tags; another machine under the same name is refused. */
function sameOrRefused(existing: StateMachine, wanted: Revision): StateMachine {
  refuseDeleting(existing);
  const key = ({ definitionText, roleArn, loggingConfiguration, tracingConfiguration }: Revision): string =>
    JSON.stringify([definitionText, roleArn, loggingConfiguration, tracingConfiguration]);
  if (key(existing.current) === key(wanted)) return existing;
  throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${existing.arn}'`);
}

function refuseDeleting({ arn, status }: StateMachine): void {
  if (status === 'DELETING')
    throw new AwsError('StateMachineDeleting', `State Machine is deleting: '${arn}'`);
}

function parseDefinition(text: string): StateMachineDefinition {
  const { definition, problems } = validateDefinition(text);
  if (definition) return definition;
  throw new AwsError('InvalidDefinition', describeProblems(problems));
}

function refuseDescriptionAlone(input: Create | Update): void {
  if (input.versionDescription === undefined || input.publish) return;
  throw new AwsError('ValidationException', 'Version description can only be set when publish is true');
}
