import type {
  AutomationExecutionFilter,
  DescribeAutomationExecutionsCommandInput,
  DescribeAutomationStepExecutionsCommandInput,
  StepExecutionFilter,
} from '@aws-sdk/client-ssm';
import { AwsError, NotPlayedError } from '../../../kernel/errors.ts';
import { page } from '../state.ts';
import type { Execution, StepRecord } from './execution.ts';
import type { Executions } from './executions.ts';
import { describeMetadata, describeStep } from './shapes.ts';

/** Numbers as texts that sort as the numbers do, or the other way round. */
const sortable = (number: number): string => String(number).padStart(12, '0');
const newestFirst = (number: number): string => sortable(999_999_999_999 - number);

/** The lists of executions, newest first, and of one execution's steps as they came. */
export function executionLists(executions: Executions, find: (id: string | undefined) => Execution) {
  return {
    describeAutomationExecutions: (input: DescribeAutomationExecutionsCommandInput) => {
      const found = executions
        .all()
        .filter((execution) => (input.Filters ?? []).every((filter) => fits(execution, filter)));
      const { items, nextToken } = page(found, ({ number }) => newestFirst(number), input);
      return {
        AutomationExecutionMetadataList: items.map(describeMetadata),
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      };
    },
    describeAutomationStepExecutions: (input: DescribeAutomationStepExecutionsCommandInput) => {
      const execution = find(input.AutomationExecutionId);
      // "All active and terminated step executions": not those that have not begun.
      const found = execution.steps.filter(
        (record) =>
          record.status !== 'Pending' && (input.Filters ?? []).every((filter) => stepFits(record, filter)),
      );
      const order = input.ReverseOrder ? newestFirst : sortable;
      const place = (record: StepRecord): string => order(execution.steps.indexOf(record));
      const { items, nextToken } = page(found, place, input);
      return {
        StepExecutions: items.map((record) => describeStep(execution, record)),
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      };
    },
  };
}

function fits(execution: Execution, { Key: key, Values: values = [] }: AutomationExecutionFilter): boolean {
  switch (key) {
    case 'DocumentNamePrefix':
      return values.some((value) => execution.documentName.startsWith(value));
    case 'ExecutionStatus':
      return values.includes(execution.status);
    case 'ExecutionId':
      return values.includes(execution.id);
    case 'CurrentAction':
      return values.includes(execution.current?.step.action ?? '');
    case 'StartTimeBefore':
    case 'StartTimeAfter':
      return startFits(execution.startedAt, key, values);
    case 'AutomationType':
      return values.includes('Local');
    case 'TagKey':
      return execution.tags.some(({ Key = '' }) => values.includes(Key));
    default:
      throw unknownFilter(key);
  }
}

function stepFits(record: StepRecord, { Key: key, Values: values = [] }: StepExecutionFilter): boolean {
  switch (key) {
    case 'StepExecutionStatus':
      return values.includes(record.status);
    case 'StepExecutionId':
      return values.includes(record.id);
    case 'StepName':
      return values.includes(record.step.name);
    case 'Action':
      return values.includes(record.step.action);
    case 'StartTimeBefore':
    case 'StartTimeAfter':
      return record.startedAt !== undefined && startFits(record.startedAt, key, values);
    default:
      throw unknownFilter(key);
  }
}

function startFits(start: Date, key: string, [value = '']: readonly string[]): boolean {
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new AwsError('InvalidFilterValue', `${value} is no time of ISO 8601.`);
  return key === 'StartTimeBefore' ? start.getTime() < time : start.getTime() > time;
}

/** Keys that AWS has and the region does not play are told from those that nobody has. */
function unknownFilter(key: string | undefined): AwsError {
  const known = [
    'ParentExecutionId',
    'TargetResourceGroup',
    'AutomationSubtype',
    'OpsItemId',
    'ParentStepExecutionId',
    'ParentStepIteration',
    'ParentStepIteratorValue',
  ];
  if (key !== undefined && known.includes(key)) return new NotPlayedError(`the automation filter ${key}`);
  return new AwsError('InvalidFilterKey', `The specified key isn't valid: ${key ?? ''}`);
}
