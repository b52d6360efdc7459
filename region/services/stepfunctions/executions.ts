import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { createHistory, type History } from '../../states/history.ts';
import { runStateMachine } from '../../states/interpreter.ts';
import type { JsonValue } from '../../states/json.ts';
import type { RunResult } from '../../states/run.ts';
import { type Arns, checkArn } from './arns.ts';
import { createExecutionLog } from './logging.ts';
import type { Revision, StateMachine, Target, Version } from './state-machines.ts';
import { createTaskRunner } from './task-runner.ts';
import type { Tokens } from './tokens.ts';

/** How long the name of an ended execution stays taken (reference aws-etcd-kubeadm-facts §4.1). */
const nameTakenMilliseconds = 90 * 24 * 3_600_000;

export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly machine: StateMachine;
  readonly version: Version | undefined;
  /** Pinned at the start: an update of the state machine does not change it. */
  readonly revision: Revision;
  readonly inputText: string;
  readonly startDate: Date;
  readonly history: History;
  /** Order of start, for lists. */
  readonly number: number;
  /** Resolves once the execution has ended and its status stands. */
  readonly done: Promise<void>;
  /** Ends the execution; the reason decides what its history says. */
  abort(reason: Error): void;
  status: ExecutionStatus;
  stopDate: Date | undefined;
  result: RunResult | undefined;
}

/** The executions of the region, in the order of their start. */
export interface Executions {
  start(target: Target, name: string, inputText: string, input: JsonValue): Execution;
  find(arn: string): Execution | undefined;
  /** The execution that an ARN names. Throws InvalidArn, ExecutionDoesNotExist. */
  resolve(arn: string | undefined): Execution;
  of(machine: StateMachine): readonly Execution[];
  all(): readonly Execution[];
}

export interface ExecutionsParts {
  readonly kernel: Kernel;
  readonly arns: Arns;
  readonly tokens: Tokens;
  /** Told of each change of status. */
  onStatus(execution: Execution): void;
}

/** No executions yet. */
export function createExecutions(parts: ExecutionsParts): Executions {
  const { kernel, arns } = parts;
  const executions = new Map<string, Execution>();
  let count = 0;
  const find = (arn: string): Execution | undefined => {
    const execution = executions.get(arn);
    const ended = execution?.stopDate?.getTime();
    if (ended === undefined || kernel.clock.now().getTime() - ended < nameTakenMilliseconds) return execution;
    executions.delete(arn);
    return undefined;
  };
  return {
    find,
    start: (target, name, inputText, input) => {
      count += 1;
      const arn = arns.execution(target.machine.name, name);
      const execution = begin(parts, find, { target, name, arn, inputText, input, number: count });
      executions.set(arn, execution);
      return execution;
    },
    resolve: (given) => {
      const arn = checkArn(given);
      const execution = find(arn);
      if (execution) return execution;
      throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    },
    of: (machine) => [...executions.values()].filter((execution) => execution.machine === machine),
    all: () => [...executions.values()],
  };
}

interface Beginning {
  readonly target: Target;
  readonly name: string;
  readonly arn: string;
  readonly inputText: string;
  readonly input: JsonValue;
  readonly number: number;
}

function begin(parts: ExecutionsParts, find: Executions['find'], beginning: Beginning): Execution {
  const { kernel, onStatus } = parts;
  const { target, name, arn, inputText, number } = beginning;
  const { machine, version, revision } = target;
  const controller = new AbortController();
  const { promise: done, resolve: markDone } = Promise.withResolvers<void>();
  const log = createExecutionLog(kernel, revision, { arn, stateMachineName: machine.name });
  const execution: Execution = {
    arn,
    name,
    machine,
    version,
    revision,
    inputText,
    startDate: kernel.clock.now(),
    history: createHistory(() => kernel.clock.now(), log),
    number,
    done,
    abort: (reason) => controller.abort(reason),
    status: 'RUNNING',
    stopDate: undefined,
    result: undefined,
  };
  const work = run(parts, find, execution, beginning.input, controller);
  onStatus(execution);
  kernel.background('the end of an execution', async () => {
    const result = await work;
    execution.result = result;
    execution.status = result.status;
    execution.stopDate = kernel.clock.now();
    markDone();
    onStatus(execution);
  });
  return execution;
}

function run(
  { kernel, tokens }: ExecutionsParts,
  findExecution: Executions['find'],
  execution: Execution,
  input: JsonValue,
  controller: AbortController,
): Promise<RunResult> {
  const { arn, name, machine, revision } = execution;
  const principal = { kind: 'role', arn: revision.roleArn, sessionName: name } as const;
  return runStateMachine({
    definition: revision.definition,
    input,
    inputText: execution.inputText,
    context: {
      Execution: {
        Id: arn,
        Input: input,
        Name: name,
        RoleArn: revision.roleArn,
        StartTime: execution.startDate.toISOString(),
        RedriveCount: 0,
      },
      StateMachine: { Id: machine.arn, Name: machine.name },
    },
    tasks: createTaskRunner({ kernel, tokens, principal, findExecution }),
    clock: kernel.clock,
    random: kernel.ids.random,
    history: execution.history,
    signal: controller.signal,
    delays: kernel.delays,
    beforeTransition: () => {
      // "On the next state transition, the state machine's executions are terminated" (DeleteStateMachine).
      if (machine.status === 'DELETING') controller.abort(new Error('the state machine is being deleted'));
    },
  });
}
