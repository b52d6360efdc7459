import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StateFailure } from '../../../region/states/errors.ts';
import { Stopped } from '../../../region/states/interpreter.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { lambda, machine, type Trial, trial } from './harness.ts';

/** A state by its kind. */
type Plan =
  | { readonly kind: 'pass' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'fail' }
  | { readonly kind: 'task'; readonly calls: string; readonly retries: number; readonly caught: boolean }
  | { readonly kind: 'map'; readonly items: number; readonly width: number; readonly inside: readonly Plan[] }
  | { readonly kind: 'parallel'; readonly branches: readonly (readonly Plan[])[]; readonly caught: boolean };

const plans = fc.letrec<{ plan: Plan; plans: Plan[] }>((tie) => ({
  plan: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('pass' as const) }),
    fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ kind: fc.constant('fail' as const) }),
    fc.record({
      kind: fc.constant('task' as const),
      calls: fc.constantFrom('quick', 'slow', 'silent', 'broken'),
      retries: fc.integer({ min: 0, max: 2 }),
      caught: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('map' as const),
      items: fc.integer({ min: 0, max: 4 }),
      width: fc.integer({ min: 0, max: 3 }),
      inside: tie('plans'),
    }),
    fc.record({
      kind: fc.constant('parallel' as const),
      branches: fc.array(tie('plans'), { minLength: 1, maxLength: 3 }),
      caught: fc.boolean(),
    }),
  ),
  plans: fc.array(tie('plan'), { minLength: 1, maxLength: 3 }),
})).plans;

const catchAll = (name: string): object => ({
  Catch: [{ ErrorEquals: ['States.ALL'], Next: `${name} caught` }],
});

/** The states of a row of plans, one leading to the next. */
function statesOf(row: readonly Plan[], prefix: string): Record<string, object> {
  const states: Record<string, object> = {};
  for (const [index, plan] of row.entries()) {
    const name = `${prefix}${index}`;
    const isLast = index === row.length - 1 || plan.kind === 'fail';
    const way = isLast ? { End: true } : { Next: `${prefix}${index + 1}` };
    states[name] = stateOf(plan, name, way);
    if ('caught' in plan && plan.caught) states[`${name} caught`] = { Type: 'Pass', End: true };
    if (plan.kind === 'fail') break;
  }
  return states;
}

function graphOf(row: readonly Plan[], prefix: string): object {
  return { StartAt: `${prefix}0`, States: statesOf(row, prefix) };
}

function stateOf(plan: Plan, name: string, way: object): object {
  switch (plan.kind) {
    case 'pass':
      return { Type: 'Pass', ...way };
    case 'wait':
      return { Type: 'Wait', Seconds: plan.seconds, ...way };
    case 'fail':
      return { Type: 'Fail', Error: 'Meant' };
    case 'task':
      return {
        Type: 'Task',
        Resource: lambda,
        Arguments: { FunctionName: plan.calls },
        TimeoutSeconds: 9,
        Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: plan.retries }],
        ...(plan.caught ? catchAll(name) : {}),
        ...way,
      };
    case 'map':
      return {
        Type: 'Map',
        Items: Array.from({ length: plan.items }, (_, index) => index),
        MaxConcurrency: plan.width,
        ItemProcessor: graphOf(plan.inside, `${name}.`),
        ...way,
      };
    case 'parallel':
      return {
        Type: 'Parallel',
        Branches: plan.branches.map((branch, index) => graphOf(branch, `${name}.${index}.`)),
        ...(plan.caught ? catchAll(name) : {}),
        ...way,
      };
  }
}

async function play(row: readonly Plan[], stopAfter: number | undefined) {
  const clock = createManualClock();
  const stop = new AbortController();
  let calls = 0;
  const counted = (answer: () => Promise<null> | null) => (): Promise<null> | null => {
    calls += 1;
    return answer();
  };
  const functions = {
    quick: counted(() => null),
    slow: counted(() => clock.sleep(4_000).then(() => null)),
    silent: counted(() => new Promise<null>(() => {})),
    broken: counted(() => {
      throw new StateFailure('Broken');
    }),
  };
  if (stopAfter !== undefined) clock.after(stopAfter, () => stop.abort(new Stopped()));
  const run = await trial(machine(statesOf(row, '')), { clock, functions, signal: stop.signal });
  const wasLeft = run.events.length;
  await clock.advance(3_600_000);
  return { run, calls, pending: clock.pending, addedLater: run.events.length - wasLeft };
}

const endOf = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  ABORTED: 'ExecutionAborted',
  TIMED_OUT: '',
};

function checkHistory({ events, result, usage }: Trial, calls: number): void {
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  for (const { id, previousEventId } of events) expect(previousEventId).toBeLessThan(id ?? 0);
  const types = events.map(({ type }) => type ?? '');
  expect(types[0]).toBe('ExecutionStarted');
  expect(types.at(-1)).toBe(endOf[result.status]);
  expect(types.filter((type) => /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(type))).toHaveLength(1);
  expect(usage.taskInvocations).toBe(calls);
  const count = (pattern: RegExp): number => types.filter((type) => pattern.test(type)).length;
  expect(count(/StateExited$/)).toBeLessThanOrEqual(count(/StateEntered$/));
  if (result.status === 'ABORTED') return;
  expect(count(/^MapIterationStarted$/)).toBe(count(/^MapIteration(Succeeded|Failed|Aborted)$/));
}

test('whatever the machine, its history is whole, its calls are counted, and nothing goes on after its end', async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (row) => {
      const { run, calls, pending, addedLater } = await play(row, undefined);
      checkHistory(run, calls);
      expect({ pending, addedLater }).toEqual({ pending: 0, addedLater: 0 });
    }),
    { numRuns: 150 },
  );
});

test('whenever it is stopped, an execution ends at once and leaves no timer', async () => {
  await fc.assert(
    fc.asyncProperty(plans, fc.integer({ min: 0, max: 30_000 }), async (row, stopAfter) => {
      const { run, calls, pending, addedLater } = await play(row, stopAfter);
      checkHistory(run, calls);
      expect({ pending, addedLater }).toEqual({ pending: 0, addedLater: 0 });
    }),
    { numRuns: 150 },
  );
});
