import type { ExecutionStatus, SFN } from '@aws-sdk/client-sfn';
import type { Kernel, Operations, Service } from '../../kernel/kernel.ts';
import { Interrupted } from '../../states/errors.ts';
import { countUsage, type ExecutionUsage } from '../../states/history.ts';
import type { CloudwatchService } from '../cloudwatch/index.ts';
import { played } from '../common/played.ts';
import { createArns } from './arns.ts';
import { descriptionOperations } from './descriptions.ts';
import { executionListOperations } from './execution-lists.ts';
import { describe, executionOperations } from './execution-operations.ts';
import { createExecutions, type Execution } from './executions.ts';
import { stateMachineOperations } from './state-machine-operations.ts';
import { createStateMachines } from './state-machines.ts';
import { tagOperations } from './tag-operations.ts';
import { createTokens } from './tokens.ts';
import { versionOperations } from './versions.ts';

export interface StepfunctionsService extends Service {
  readonly id: 'stepfunctions';
  /** What an execution has cost so far: state transitions as billed, and Lambda invocations. Throws ExecutionDoesNotExist. */
  measure(executionArn: string): ExecutionUsage;
  /** Resolves once the execution has ended. Throws ExecutionDoesNotExist. */
  ended(executionArn: string): Promise<void>;
}

/**
 * AWS Step Functions, STANDARD workflows in JSONata (design §9): state machines and versions, executions with their history,
 * task tokens, status events on the bus. Not played, and loud: EXPRESS, JSONPath, activities, aliases, redrive, map runs.
 */
export function createStepfunctions(kernel: Kernel): StepfunctionsService {
  const arns = createArns(kernel);
  const machines = createStateMachines();
  const tokens = createTokens(kernel);
  let stopped = false;
  const executions = createExecutions({
    kernel,
    arns,
    tokens,
    onStatus: (execution) => {
      if (stopped) return;
      countStatus(kernel, execution);
      kernel.putEvent(statusEvent(kernel, execution));
      removeDeleted(execution.machine);
    },
  });
  /** A state machine that is being deleted goes with its last execution. */
  const removeDeleted = (machine: Execution['machine']): void => {
    const isBusy = executions.of(machine).some(({ status }) => status === 'RUNNING');
    if (machine.status === 'DELETING' && !isBusy) machines.remove(machine.arn);
  };
  const operations = {
    ...descriptionOperations(machines),
    ...stateMachineOperations(kernel, arns, machines, (machine) => {
      machine.status = 'DELETING';
      removeDeleted(machine);
    }),
    ...versionOperations(kernel, machines),
    ...executionOperations(kernel, arns, machines, executions),
    ...executionListOperations(machines, executions),
    ...tokens.operations,
    ...tagOperations(machines),
  } satisfies Operations<SFN>;
  return {
    id: 'stepfunctions',
    operations,
    measure: (arn) => countUsage(executions.resolve(arn).history.events),
    ended: (arn) => executions.resolve(arn).done,
    stop: async () => {
      stopped = true;
      const running = executions.all().filter(({ status }) => status === 'RUNNING');
      for (const execution of running) execution.abort(new Interrupted('the region stops'));
      await Promise.all(running.map(({ done }) => done));
    },
  };
}

const metrics: Readonly<Partial<Record<ExecutionStatus, string>>> = {
  RUNNING: 'ExecutionsStarted',
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
};

/** What `AWS/States` counts of an execution; of a minute without any there is no data. */
function countStatus(kernel: Kernel, { machine, status, startDate, stopDate }: Execution): void {
  const name = metrics[status];
  if (name === undefined) return;
  const time = stopDate && { ExecutionTime: stopDate.getTime() - startDate.getTime() };
  const dimensions = { StateMachineArn: machine.arn };
  played<CloudwatchService>(kernel, 'cloudwatch')?.record('AWS/States', dimensions, { [name]: 1, ...time });
}

/** "Step Functions Execution Status Change", as Step Functions puts it on the default bus: dates are epoch milliseconds. */
function statusEvent(kernel: Kernel, execution: Execution) {
  const { arn, name, machine, version, startDate, stopDate, status } = execution;
  const { input, inputDetails, output, outputDetails, error, cause } = describe(kernel, execution);
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: machine.arn,
      stateMachineVersionArn: version?.arn ?? null,
      stateMachineAliasArn: null,
      name,
      status,
      startDate: startDate.getTime(),
      stopDate: stopDate?.getTime() ?? null,
      redriveCount: 0,
      redriveDate: null,
      input,
      inputDetails,
      output: output ?? null,
      outputDetails: outputDetails ?? null,
      error: error ?? null,
      cause: cause ?? null,
    },
  };
}
