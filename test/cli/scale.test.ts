import { beforeEach, describe, expect, test } from 'vitest';
import { readSize, renderSizes, scalePool } from '../../cli/commands/scale.ts';
import type { Target } from '../../cli/target.ts';
import type { PersonSizes } from '../../functions/scaling/contracts.ts';

const request = { cluster: 'demo', pool: 'general', size: 2 };
const nothing: PersonSizes = {
  action: 'none',
  direction: 'none',
  reason: 'general is to have 2 workers, as asked',
  sizes: [
    { zone: 'a', from: 1, to: 1 },
    { zone: 'b', from: 1, to: 1 },
  ],
  changes: [],
  removals: [],
};
const removal = { pool: 'general', zone: 'a', reason: 'a person asks for 2 in all' };
const fewer: PersonSizes = {
  ...nothing,
  action: 'remove',
  direction: 'shrink',
  sizes: [
    { zone: 'a', from: 12, to: 1 },
    { zone: 'b', from: 1, to: 1 },
  ],
  removals: [
    { ...removal, instanceId: 'i-0a', pods: 3 },
    { ...removal, instanceId: 'i-0b', pods: 1 },
    { ...removal, instanceId: 'i-0c', pods: 0 },
    { ...removal, instanceId: 'i-0d' },
  ],
};

interface Run {
  status: string;
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

let plan: PersonSizes | { readonly errorType: string; readonly errorMessage: string };
let runs: Map<string, Run>;
let started: string[];
let said: string[];
let results: unknown[];
/** How each execution that is started ends. */
let ends: Omit<Run, 'input'>;

beforeEach(() => {
  plan = nothing;
  runs = new Map();
  started = [];
  said = [];
  results = [];
  ends = { status: 'SUCCEEDED', output: JSON.stringify({ outcome: 'scaled', reason: 'as asked' }) };
});

const named = (message: string, name: string) => Object.assign(new Error(message), { name });
const states = {
  describeExecution: async ({ executionArn }: { executionArn: string }) => {
    const run = runs.get(executionArn);
    if (!run) throw named(executionArn, 'ExecutionDoesNotExist');
    const shown = { ...run };
    // One that runs has ended at the next look.
    if (run.status === 'RUNNING') runs.set(executionArn, { ...run, ...ends });
    return shown;
  },
  startExecution: async ({ name, input }: { name: string; input: string }) => {
    const executionArn = `arn:aws:states:us-east-1:123456789012:execution:trivet-scale-workers:${name}`;
    const present = runs.get(executionArn);
    // As AWS has it: the same name and input as one that runs is that one.
    if (present?.status === 'RUNNING' && present.input === input) return { executionArn };
    if (present) throw named(name, 'ExecutionAlreadyExists');
    runs.set(executionArn, { status: 'RUNNING', input });
    started.push(name);
    return { executionArn };
  },
  getExecutionHistory: async () => ({ events: [] }),
};
const target = {
  deployment: 'trivet',
  region: 'us-east-1',
  states,
  stateMachineArn: (workflow: string) =>
    `arn:aws:states:us-east-1:123456789012:stateMachine:trivet-${workflow}`,
  lambda: {
    invoke: async () => ({
      Payload: new TextEncoder().encode(JSON.stringify(plan)),
      ...('errorType' in plan && { FunctionError: 'Unhandled' }),
    }),
  },
} as unknown as Target;
const output = {
  json: true,
  say: (line: string) => void said.push(line),
  result: (value: unknown) => void results.push(value),
};
const scale = (dryRun = false) => scalePool(target, { ...request, dryRun }, output);

test.each([['abc'], ['-1'], ['1.5'], [''], ['2e3']])('a size of %j is no number of workers', (text) => {
  expect(() => readSize(text)).toThrow(`--size ${text} is no whole number of workers.`);
});

describe('a plan for a person', () => {
  test('names each zone, who goes from it and how many pods have to move', () => {
    expect(renderSizes(request, fewer)).toEqual([
      'demo, pool general: 2 workers are asked for.',
      '  zone a  12 → 1',
      '    i-0a is drained and goes; 3 pods have to move',
      '    i-0b is drained and goes; 1 pod has to move',
      '    i-0c is drained and goes; no pods have to move',
      '    i-0d is drained and goes; its pods were not counted in the latest look',
      '  zone b  1 → 1',
    ]);
  });

  test('of nothing says so', () => {
    expect(renderSizes({ ...request, size: 1 }, nothing)).toEqual([
      'demo, pool general: 1 worker is asked for; nothing to do.',
    ]);
  });
});

describe('trivet scale --dry-run', () => {
  test('starts nothing, gives the plan, and ends with 2 for changes and 0 for none', async () => {
    expect(await scale(true)).toBe(0);
    plan = fewer;
    expect(await scale(true)).toBe(2);
    expect(results).toEqual([nothing, fewer]);
    expect(started).toEqual([]);
  });

  test('says what is refused, which ends with 1', async () => {
    plan = { errorType: 'ScalingRefused', errorMessage: 'pool general has 0 to 5 workers' };
    await expect(scale(true)).rejects.toMatchObject({
      name: 'CommandError',
      message: 'plan-person-sizes failed: ScalingRefused: pool general has 0 to 5 workers',
    });
  });
});

describe('trivet scale', () => {
  test('starts scale-workers, follows it and says how it ended', async () => {
    plan = fewer;
    expect(await scale()).toBe(0);
    expect(started).toEqual(['demo-general-2-1']);
    expect(said.at(-1)).toBe('demo, pool general: scaled: as asked.');
    expect(results).toMatchObject([{ plan: fewer, status: 'SUCCEEDED', output: { outcome: 'scaled' } }]);
  });

  test('starts nothing where it is refused', async () => {
    plan = { errorType: 'ClusterUnknown', errorMessage: 'the registry knows no cluster demo' };
    await expect(scale()).rejects.toThrow('ClusterUnknown: the registry knows no cluster demo');
    expect(started).toEqual([]);
  });

  test('is one execution where two ask for the same at once', async () => {
    plan = fewer;
    expect(await Promise.all([scale(), scale()])).toEqual([0, 0]);
    expect(started).toEqual(['demo-general-2-1']);
  });

  test('is another execution once the one before has ended', async () => {
    expect([await scale(), await scale()]).toEqual([0, 0]);
    expect(started).toEqual(['demo-general-2-1', 'demo-general-2-2']);
  });

  test('joins no execution whose name reads the same and whose input does not', async () => {
    const arn = 'arn:aws:states:us-east-1:123456789012:execution:trivet-scale-workers:demo-general-2-1';
    runs.set(arn, { status: 'RUNNING', input: JSON.stringify({ ...request, cluster: 'demo-general' }) });
    expect(await scale()).toBe(0);
    expect(started).toEqual(['demo-general-2-2']);
  });

  test('ends with 1 and the cause where the workflow fails', async () => {
    plan = fewer;
    const cause = 'general is to have 3 workers, and 4 are asked for; zone a: no capacity';
    ends = { status: 'FAILED', error: 'ScalingUnfinished', cause };
    expect(await scale()).toBe(1);
    expect(said.slice(-2)).toEqual(['demo, pool general: failed: ScalingUnfinished', `  ${cause}`]);
  });

  test('says that there is nothing to do', async () => {
    ends = {
      status: 'SUCCEEDED',
      output: JSON.stringify({ outcome: 'none', reason: 'general is to have 2 workers, as asked' }),
    };
    expect(await scale()).toBe(0);
    expect(said.at(-1)).toBe('demo, pool general: nothing to do: general is to have 2 workers, as asked.');
  });
});
