import { createKernel } from '../../../region/kernel/create-kernel.ts';
import type { Delays } from '../../../region/kernel/delays.ts';
import type {
  AwsEvent,
  Kernel,
  Principal,
  Service,
  UntypedOperation,
} from '../../../region/kernel/kernel.ts';
import {
  createStepfunctions,
  type StepfunctionsService,
} from '../../../region/services/stepfunctions/index.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';

export const roleArn = 'arn:aws:iam::123456789012:role/trivet/workflow';

interface Invocation {
  readonly FunctionName: string;
  readonly payload: unknown;
  readonly principal: Principal;
}

export interface TestRegion {
  readonly kernel: Kernel;
  readonly clock: ManualClock;
  readonly sfn: StepfunctionsService;
  readonly events: readonly AwsEvent[];
  readonly invocations: readonly Invocation[];
  /** Calls an operation of Step Functions. */
  ask<O = Record<string, unknown>>(operation: string, input?: object): Promise<O>;
  /** Creates a state machine named `machine` unless told otherwise; gives its ARN. */
  create(definition: string, fields?: object): Promise<string>;
  /** Starts an execution; gives its ARN. */
  start(stateMachineArn: string, fields?: object): Promise<string>;
  /** Starts an execution and moves time until it has ended; gives its description. */
  finish(stateMachineArn: string, fields?: object): Promise<Record<string, unknown>>;
}

/** A Lambda of a test: what it answers as Invoke does, given the parsed payload. */
type Answer = (invocation: Invocation) => unknown;

export interface TestRegionOptions {
  readonly answer?: Answer;
  readonly delays?: Partial<Delays>;
  readonly services?: readonly Service[];
}

/** The answer of a function that returned this payload. */
export function returned(payload: unknown): object {
  return { StatusCode: 200, ExecutedVersion: '3', Payload: Buffer.from(JSON.stringify(payload)) };
}

/** The answer of a function that failed. */
export function threw(error: object): object {
  return { StatusCode: 200, FunctionError: 'Unhandled', Payload: Buffer.from(JSON.stringify(error)) };
}

/** Step Functions in a region of its own, with a Lambda that the test plays and a clock that the test moves. */
export function testRegion(options: TestRegionOptions = {}): TestRegion {
  const clock = createManualClock();
  const kernel = createKernel({ stateDir: 'unused', clock, delays: options.delays ?? {} });
  const events: AwsEvent[] = [];
  const invocations: Invocation[] = [];
  kernel.onEvent((event) => events.push(event));
  const invoke: UntypedOperation = async (
    input: { FunctionName: string; Payload?: Uint8Array },
    { principal },
  ) => {
    const text = Buffer.from(input.Payload ?? new Uint8Array()).toString();
    const invocation = { FunctionName: input.FunctionName, payload: text && JSON.parse(text), principal };
    invocations.push(invocation);
    return options.answer ? options.answer(invocation) : returned(invocation.payload);
  };
  kernel.register({ id: 'lambda', operations: { invoke } });
  for (const service of options.services ?? []) kernel.register(service);
  const sfn = createStepfunctions(kernel);
  kernel.register(sfn);

  const ask: TestRegion['ask'] = (operation, input = {}) => kernel.invoke('stepfunctions', operation, input);
  const start: TestRegion['start'] = async (stateMachineArn, fields = {}) => {
    const { executionArn } = await ask<{ executionArn: string }>('startExecution', {
      stateMachineArn,
      ...fields,
    });
    return executionArn;
  };
  return {
    kernel,
    clock,
    sfn,
    events,
    invocations,
    ask,
    start,
    create: async (definition, fields = {}) => {
      const input = { name: 'machine', definition, roleArn, ...fields };
      return (await ask<{ stateMachineArn: string }>('createStateMachine', input)).stateMachineArn;
    },
    finish: async (stateMachineArn, fields = {}) => {
      const executionArn = await start(stateMachineArn, fields);
      await clock.drive(sfn.ended(executionArn));
      return ask('describeExecution', { executionArn });
    },
  };
}
