import type {
  DescribeStateMachineCommandInput,
  ListStateMachinesCommandInput,
  ValidateStateMachineDefinitionCommandInput,
} from '@aws-sdk/client-sfn';
import { NotPlayedError } from '../../kernel/errors.ts';
import { validateDefinition } from '../../states/validate.ts';
import { onlyPlayed } from '../common/request.ts';
import { page } from './paging.ts';
import type { Revision, StateMachines } from './state-machines.ts';

const validateMembers = ['definition', 'type', 'severity', 'maxResults'] as const;

/** Showing state machines, and checking a definition that is none yet. */
export function descriptionOperations(machines: StateMachines) {
  return {
    describeStateMachine: (input: DescribeStateMachineCommandInput) => {
      onlyPlayed('stepfunctions.describeStateMachine', input, ['stateMachineArn', 'includedData']);
      refuseMetadataOnly(input);
      const { machine, version, revision } = machines.resolve(input.stateMachineArn);
      return {
        stateMachineArn: version?.arn ?? machine.arn,
        name: machine.name,
        status: machine.status,
        type: 'STANDARD' as const,
        creationDate: version?.creationDate ?? machine.creationDate,
        ...shown(revision),
        ...(version?.description === undefined ? {} : { description: version.description }),
      };
    },
    listStateMachines: (input: ListStateMachinesCommandInput) => {
      const sorted = [...machines.all()].sort((a, b) => (a.name < b.name ? -1 : 1));
      const { items, nextToken } = page(sorted, (machine) => machine.number, input, 'stateMachines');
      const stateMachines = items.map(({ arn, name, creationDate }) => ({
        stateMachineArn: arn,
        name,
        type: 'STANDARD' as const,
        creationDate,
      }));
      return { stateMachines, ...(nextToken === undefined ? {} : { nextToken }) };
    },
    validateStateMachineDefinition: (input: ValidateStateMachineDefinitionCommandInput) => {
      onlyPlayed('stepfunctions.validateStateMachineDefinition', input, validateMembers);
      refuseExpress(input.type);
      const { problems } = validateDefinition(input.definition ?? '');
      const limit = input.maxResults || 100;
      return {
        result: problems.length === 0 ? ('OK' as const) : ('FAIL' as const),
        diagnostics: problems.slice(0, limit).map((problem) => ({ severity: 'ERROR' as const, ...problem })),
        truncated: problems.length > limit,
      };
    },
  };
}

/** Only STANDARD workflows are played. */
export function refuseExpress(type: string | undefined): void {
  if (type !== undefined && type !== 'STANDARD') throw new NotPlayedError(`state machines of type ${type}`);
}

/** Descriptions come with their data; those without are for data under keys of one's own. */
export function refuseMetadataOnly(input: { readonly includedData?: string | undefined }): void {
  if (input.includedData === 'METADATA_ONLY') throw new NotPlayedError('descriptions of METADATA_ONLY');
}

/** The members of a revision that describe operations share. */
export function shown(revision: Revision) {
  const { encryptionConfiguration, revisionId } = revision;
  return {
    definition: revision.definitionText,
    roleArn: revision.roleArn,
    loggingConfiguration: revision.loggingConfiguration,
    tracingConfiguration: revision.tracingConfiguration,
    ...(encryptionConfiguration === undefined ? {} : { encryptionConfiguration }),
    ...(revisionId === undefined ? {} : { revisionId }),
  };
}
