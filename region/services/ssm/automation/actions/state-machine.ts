import type { JsonObject } from '../../../../states/json.ts';
import type { StepfunctionsService } from '../../../stepfunctions/index.ts';
import { apiFailure, RegionStops, StepFailure } from '../errors.ts';
import type { Action, Visit } from './action.ts';
import { optionalText, textInput, unlessAborted } from './inputs.ts';

/** DescribeExecution, as far as it becomes outputs. */
interface Described {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: string;
  readonly startDate: Date;
  readonly stopDate?: Date;
  readonly input?: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/**
 * Starts an execution and waits for its end; one that does not succeed fails the step. A step that is cancelled or times out stops its
 * execution: it is what the action needs `states:StopExecution` for.
 */
export const executeStateMachine: Action = {
  inputs: { required: ['stateMachineArn'], optional: ['name', 'input'] },
  doing: 'waiting for the execution of the state machine',
  canFollowCancel: true,
  outputs: () => [
    'executionArn',
    'input',
    'name',
    'output',
    'startDate',
    'stateMachineArn',
    'status',
    'stopDate',
  ],
  run: async (visit) => {
    const executionArn = await start(visit);
    const describe = async (): Promise<Described> => {
      const described = await call<Described>(visit, 'DescribeExecution', { executionArn });
      visit.report(outputsOf(described));
      return described;
    };
    await describe();
    try {
      const states = visit.kernel.service('stepfunctions') as StepfunctionsService;
      await unlessAborted(states.ended(executionArn), visit.signal);
    } catch (thrown) {
      // A region that stops ends its executions itself.
      if (!(visit.signal.reason instanceof RegionStops)) {
        await call(visit, 'StopExecution', {
          executionArn,
          cause: `Automation step ${visit.step.name} ended`,
        });
        await describe();
      }
      throw thrown;
    }
    const described = await describe();
    if (described.status === 'SUCCEEDED') return { outputs: outputsOf(described) };
    const { status, error = 'no error name', cause = 'no cause' } = described;
    throw new StepFailure(
      'PostVerification',
      `The execution ${executionArn} ended as ${status}: ${error}: ${cause}`,
    );
  },
};

async function start(visit: Visit): Promise<string> {
  const { inputs } = visit;
  const name = optionalText(inputs, 'name');
  const input = optionalText(inputs, 'input');
  const { executionArn } = await call<Described>(visit, 'StartExecution', {
    stateMachineArn: textInput(inputs, 'stateMachineArn'),
    ...(name === undefined ? {} : { name }),
    ...(input === undefined ? {} : { input }),
  });
  return executionArn;
}

async function call<O>({ kernel, principal }: Visit, operation: string, input: object): Promise<O> {
  const method = `${operation.charAt(0).toLowerCase()}${operation.slice(1)}`;
  try {
    return await kernel.invoke<O>('stepfunctions', method, input, principal);
  } catch (thrown) {
    throw apiFailure(operation, thrown);
  }
}

function outputsOf(described: Described): JsonObject {
  const { executionArn, stateMachineArn, name, status, startDate, stopDate, input, output } = described;
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate: startDate.toISOString(),
    ...(stopDate === undefined ? {} : { stopDate: stopDate.toISOString() }),
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
  };
}
