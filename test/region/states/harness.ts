import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { StateFailure } from '../../../region/states/errors.ts';
import { countUsage, createHistory, type ExecutionUsage } from '../../../region/states/history.ts';
import { runStateMachine } from '../../../region/states/interpreter.ts';
import type { JsonObject, JsonValue } from '../../../region/states/json.ts';
import type { RunOptions, RunResult, TaskCall, Tasks } from '../../../region/states/run.ts';
import { validateDefinition } from '../../../region/states/validate.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';

export const lambda = 'arn:aws:states:::lambda:invoke';

/** A Lambda function of a test: gives the payload of its answer, or throws StateFailure. Never resolving means never ending. */
export type TestFunction = (payload: JsonValue, call: TaskCall) => JsonValue | Promise<JsonValue>;

export interface Trial {
  readonly result: RunResult;
  readonly events: readonly HistoryEvent[];
  /** Seconds of the clock from start to end. */
  readonly seconds: number;
  readonly usage: ExecutionUsage;
}

export interface TrialOptions extends Partial<Pick<RunOptions, 'random' | 'signal' | 'delays'>> {
  readonly input?: JsonValue;
  readonly functions?: Readonly<Record<string, TestFunction>>;
  readonly tasks?: Partial<Tasks>;
  readonly clock?: ManualClock;
}

/** A JSONata machine of these states. */
export function machine(states: Readonly<Record<string, object>>, fields: object = {}): string {
  const [first] = Object.keys(states);
  return JSON.stringify({ QueryLanguage: 'JSONata', StartAt: first, States: states, ...fields });
}

/** A Task state that calls a function of the test with a payload. */
export function call(name: string, fields: object = {}): object {
  return { Type: 'Task', Resource: lambda, Arguments: { FunctionName: name, Payload: {} }, ...fields };
}

/** Validates and runs a definition on a clock of its own, to its end. */
export async function trial(text: string, options: TrialOptions = {}): Promise<Trial> {
  const { definition, problems } = validateDefinition(text);
  if (!definition) throw new Error(JSON.stringify(problems));
  const clock = options.clock ?? createManualClock();
  const input = options.input ?? {};
  const begun = clock.now().getTime();
  const history = createHistory(() => clock.now());
  const run = runStateMachine({
    definition,
    input,
    context: {
      Execution: {
        Id: 'arn:aws:states:us-east-1:123456789012:execution:machine:run',
        Name: 'run',
        Input: input,
        RoleArn: 'arn:aws:iam::123456789012:role/machine',
        StartTime: clock.now().toISOString(),
        RedriveCount: 0,
      },
      StateMachine: { Id: 'arn:aws:states:us-east-1:123456789012:stateMachine:machine', Name: 'machine' },
    },
    tasks: { ...testTasks(options.functions ?? {}), ...options.tasks },
    clock,
    random: options.random ?? (() => 0.5),
    history,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.delays === undefined ? {} : { delays: options.delays }),
  });
  const result = await clock.drive(run);
  const seconds = (clock.now().getTime() - begun) / 1_000;
  return { result, events: history.events, seconds, usage: countUsage(history.events) };
}

function testTasks(functions: Readonly<Record<string, TestFunction>>): Tasks {
  return {
    call: async (request) => {
      const { FunctionName, Payload } = request.arguments as JsonObject;
      const run = functions[String(FunctionName)];
      if (!run)
        throw new StateFailure('Lambda.ResourceNotFoundException', `no function ${String(FunctionName)}`);
      return { Payload: await run(Payload ?? null, request), StatusCode: 200 };
    },
    openToken: () => {
      throw new Error('this test has no task tokens');
    },
    awaitExecution: () => {
      throw new Error('this test has no child executions');
    },
  };
}

/** The output of a run that must have succeeded. */
export function outputOf({ result }: Trial): JsonValue {
  if (result.status !== 'SUCCEEDED') throw new Error(JSON.stringify(result));
  return result.output;
}

/** Events as lines: id, previous id, type, and the name of the state or the index of the iteration. */
export function lines(events: readonly HistoryEvent[]): string[] {
  return events.map((event) => {
    const details = Object.entries(event).find(([member]) => member.endsWith('EventDetails'))?.[1] as
      | { name?: string; index?: number }
      | undefined;
    const parts = [event.id, event.previousEventId, event.type, details?.name, details?.index];
    return parts.filter((part) => part !== undefined).join(' ');
  });
}

/** A function that fails with the given errors, one per call, and then answers. */
export function failing(...errors: readonly string[]): TestFunction {
  const left = [...errors];
  return () => {
    const error = left.shift();
    if (error !== undefined) throw new StateFailure(error, 'said so');
    return 'well';
  };
}

/** A function that never answers. */
export const silent: TestFunction = () => new Promise(() => {});
