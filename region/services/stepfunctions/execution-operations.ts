import type {
  DescribeExecutionCommandInput,
  DescribeStateMachineForExecutionCommandInput,
  StartExecutionCommandInput,
  StopExecutionCommandInput,
} from '@aws-sdk/client-sfn';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { Stopped } from '../../states/interpreter.ts';
import { type JsonValue, payloadBytesMax } from '../../states/json.ts';
import { onlyPlayed } from '../common/request.ts';
import { type Arns, checkName } from './arns.ts';
import { refuseMetadataOnly, shown } from './descriptions.ts';
import { listed } from './execution-lists.ts';
import type { Execution, Executions } from './executions.ts';
import type { StateMachines } from './state-machines.ts';

/** A failed execution can be redriven for 14 days (reference aws-etcd-kubeadm-facts §4.1). */
const redrivableMilliseconds = 14 * 24 * 3_600_000;

/** Starting, stopping and showing executions. */
export function executionOperations(
  kernel: Kernel,
  arns: Arns,
  machines: StateMachines,
  executions: Executions,
) {
  return {
    startExecution: (input: StartExecutionCommandInput) => {
      onlyPlayed('stepfunctions.startExecution', input, ['stateMachineArn', 'name', 'input']);
      const target = machines.resolve(input.stateMachineArn);
      if (target.machine.status === 'DELETING') {
        throw new AwsError('StateMachineDeleting', `State Machine is deleting: '${target.machine.arn}'`);
      }
      const name = input.name === undefined ? kernel.ids.uuid() : checkName(input.name);
      const text = input.input ?? '{}';
      const value = parseInput(text);
      const taken = executions.find(arns.execution(target.machine.name, name));
      // The same name and input as a running execution is the same start, told twice.
      if (taken && (taken.status !== 'RUNNING' || taken.inputText !== text)) {
        throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${taken.arn}'`);
      }
      const { arn, startDate } = taken ?? executions.start(target, name, text, value);
      return { executionArn: arn, startDate };
    },
    stopExecution: async (input: StopExecutionCommandInput) => {
      onlyPlayed('stepfunctions.stopExecution', input, ['executionArn', 'error', 'cause']);
      const execution = executions.resolve(input.executionArn);
      execution.abort(new Stopped(input.error, input.cause));
      await execution.done;
      return { stopDate: execution.stopDate ?? kernel.clock.now() };
    },
    describeExecution: (input: DescribeExecutionCommandInput) => {
      onlyPlayed('stepfunctions.describeExecution', input, ['executionArn', 'includedData']);
      refuseMetadataOnly(input);
      return describe(kernel, executions.resolve(input.executionArn));
    },
    describeStateMachineForExecution: (input: DescribeStateMachineForExecutionCommandInput) => {
      const members = ['executionArn', 'includedData'] as const;
      onlyPlayed('stepfunctions.describeStateMachineForExecution', input, members);
      refuseMetadataOnly(input);
      const { machine, version, revision } = executions.resolve(input.executionArn);
      return {
        stateMachineArn: version?.arn ?? machine.arn,
        name: machine.name,
        updateDate: revision.updateDate,
        ...shown(revision),
      };
    },
  };
}

function parseInput(text: string): JsonValue {
  const bytes = Buffer.byteLength(text);
  if (bytes > payloadBytesMax) {
    const message = `1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to ${payloadBytesMax}`;
    throw new AwsError('ValidationException', message);
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch (thrown) {
    const reason = text === '' ? 'Invalid execution input.' : (thrown as Error).message;
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${reason}'`);
  }
}

/** An execution as DescribeExecution shows it. */
export function describe(kernel: Kernel, execution: Execution) {
  const { result } = execution;
  const output = result?.status === 'SUCCEEDED' ? result.output : undefined;
  const failed = result !== undefined && result.status !== 'SUCCEEDED' ? result : undefined;
  return {
    ...listed(execution),
    input: execution.inputText,
    inputDetails: { included: true },
    ...(output === undefined ? {} : { output: JSON.stringify(output), outputDetails: { included: true } }),
    ...(failed?.error === undefined ? {} : { error: failed.error }),
    ...(failed?.cause === undefined ? {} : { cause: failed.cause }),
    ...redrive(kernel, execution),
  };
}

function redrive(kernel: Kernel, { status, stopDate }: Execution) {
  if (stopDate === undefined || status === 'SUCCEEDED') {
    const redriveStatusReason = `Execution is ${status} and cannot be redriven`;
    return { redriveStatus: 'NOT_REDRIVABLE' as const, redriveStatusReason };
  }
  const isOld = kernel.clock.now().getTime() - stopDate.getTime() > redrivableMilliseconds;
  if (!isOld) return { redriveStatus: 'REDRIVABLE' as const };
  const redriveStatusReason = 'Execution redrivable period exceeded';
  return { redriveStatus: 'NOT_REDRIVABLE' as const, redriveStatusReason };
}
