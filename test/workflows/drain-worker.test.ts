import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { BlockedPod, DrainDecision, DrainObservation } from '../../functions/drain/contracts.ts';
import { decideDrain, drainPolicy } from '../../functions/drain/decide-drain.ts';
import { decideDrainStep } from '../../functions/drain/decide-drain-step.ts';
import type { DrainPod } from '../../functions/drain/judge-pod.ts';
import { StateFailure } from '../../region/states/errors.ts';
import type { JsonValue } from '../../region/states/json.ts';
import { pod } from '../functions/drain/drains.ts';
import { outputOf, type TestFunction, trial } from '../region/states/harness.ts';
import { createManualClock } from '../support/manual-clock.ts';

const file = new URL('../../workflows/drain-worker.asl.json', import.meta.url);
const text = readFileSync(file, 'utf8');
const hookSeconds = 1_800;

interface Given {
  readonly cause?: DrainObservation['cause'];
  readonly afterwards?: DrainObservation['afterwards'];
  readonly lifecycleState?: string;
  readonly deadlineSeconds?: number;
  readonly atDeadline?: 'terminate' | 'keep';
  /** A budget blocks the one pod for so long. */
  readonly blockedSeconds?: number;
  /** The instance is reclaimed after so long. */
  readonly diesAfterSeconds?: number;
}

/** A worker with three pods, its group with the hook's own clock, and the cluster's API, played. */
function playedWorker(given: Given = {}) {
  const clock = createManualClock();
  const began = clock.now().getTime();
  const elapsed = () => (clock.now().getTime() - began) / 1_000;
  const { cause = 'termination', afterwards = 'complete-hook', blockedSeconds = 0 } = given;
  const input = {
    cluster: 'demo',
    pool: 'general',
    zone: 'a',
    instanceId: 'i-0123456789abcdef0',
    cause,
    afterwards,
  };
  const state = {
    lifecycleState: given.lifecycleState ?? 'Terminating:Wait',
    heartbeatAt: began,
    hookTimedOut: false,
    pods: [pod('web-1'), pod('web-2'), pod('dns', { priority: 2_000_000_000 })] as DrainPod[],
    cordoned: false,
    shrunk: 0,
    terminated: 0,
    completed: 0,
  };
  const live = (): void => {
    if (state.lifecycleState !== 'Terminating:Wait') return;
    const overdue = clock.now().getTime() - state.heartbeatAt > hookSeconds * 1_000;
    if (overdue) state.hookTimedOut = true;
    if (overdue || elapsed() > (given.diesAfterSeconds ?? Number.POSITIVE_INFINITY))
      state.lifecycleState = 'none';
  };
  const observe = ({ startedAt }: { startedAt: string }) => {
    live();
    const observation: DrainObservation = {
      ...input,
      zone: 'a',
      observedAt: clock.now().toISOString(),
      startedAt,
      autoScalingGroupName: 'trivet-demo-pool-general-a',
      known: true,
      lifecycleState: state.lifecycleState,
      waitingInHook: state.lifecycleState === 'Terminating:Wait',
      state: 'running',
      volumes: [],
      policy: {
        deadlineSeconds: given.deadlineSeconds ?? 3_600,
        atDeadline: given.atDeadline ?? 'terminate',
      },
    };
    return { observation, decision: decideDrainStep(observation) };
  };
  const evict = ({ observation, blocked }: { observation: DrainObservation; blocked: BlockedPod[] }) => {
    state.cordoned = true;
    const found = { reachable: true, node: { responds: true }, pods: state.pods, attachments: [] };
    const { decision, evictions, deletions } = decideDrain(
      observation,
      found,
      blocked,
      drainPolicy,
      clock.now(),
    );
    const held = evictions.filter(({ name }) => name === 'web-1' && elapsed() < blockedSeconds);
    const gone = [...evictions.filter((one) => !held.includes(one)), ...deletions.map((one) => one.pod)];
    state.pods = state.pods.filter((one) => !gone.includes(one));
    const now = held.map(({ name }) => ({ pod: `shop/${name}`, budget: 'shop/web', reason: 'needs 1' }));
    return {
      decision,
      blocked: decision.action === 'wait' ? now : blocked,
      evicted: gone.length,
      deleted: 0,
    };
  };
  const finish = ({ decision }: { decision: DrainDecision }) => {
    live();
    const going = state.lifecycleState.startsWith('Terminat');
    if (decision.effect === 'complete-hook') {
      if (state.lifecycleState !== 'Terminating:Wait') return { done: false };
      state.completed += 1;
      state.lifecycleState = 'Terminating:Proceed';
    }
    if (decision.effect.startsWith('terminate') && !going) {
      state.terminated += 1;
      if (decision.effect === 'terminate-and-shrink') state.shrunk += 1;
      state.lifecycleState = 'Terminating:Wait';
      state.heartbeatAt = clock.now().getTime();
    }
    return { done: true };
  };
  const tasks = {
    ObserveDrain: observe,
    EvictPods: evict,
    HeartbeatDrain: () => {
      live();
      const active = state.lifecycleState === 'Terminating:Wait';
      if (active) state.heartbeatAt = clock.now().getTime();
      return { active };
    },
    FinishDrain: finish,
    UncordonNode: () => {
      state.cordoned = false;
      return { uncordoned: true };
    },
    RecordFailure: () => ({ message: 'it failed' }),
  };
  const calls: string[] = [];
  const functions = Object.fromEntries(
    Object.entries(tasks).map(([name, run]): [string, TestFunction] => [
      `\${${name}}`,
      (payload) => {
        calls.push(name);
        return run(payload as never) as unknown as JsonValue;
      },
    ]),
  );
  return { clock, state, functions, calls, input };
}

const run = ({ clock, functions, input }: ReturnType<typeof playedWorker>) =>
  trial(text, { clock, functions, input });

const drained = { lifecycleState: 'Terminating:Proceed', pods: [], completed: 1 };

describe('drain-worker', () => {
  test('evicts the workload before the system, and completes the hook last', async () => {
    const worker = playedWorker();
    expect(outputOf(await run(worker))).toMatchObject({ outcome: 'drained', blocked: [] });
    expect(worker.state).toMatchObject({ ...drained, cordoned: true, terminated: 0 });
    expect(worker.calls.filter((name) => name === 'FinishDrain')).toHaveLength(1);
    expect(worker.calls.at(-1)).toBe('FinishDrain');
  });

  test('lasts five hours behind a budget, far beyond the hook’s time-out, and still ends well', async () => {
    const worker = playedWorker({ blockedSeconds: 18_000, deadlineSeconds: 86_400 });
    const ended = await run(worker);
    expect(outputOf(ended)).toMatchObject({ outcome: 'drained' });
    expect(ended.seconds).toBeGreaterThan(18_000);
    expect(ended.seconds).toBeLessThan(18_700);
    expect(worker.state).toMatchObject({ ...drained, hookTimedOut: false });
  });

  test('stays within the events of an execution in the longest drain of a spec', {
    timeout: 60_000,
  }, async () => {
    const worker = playedWorker({
      blockedSeconds: 200_000,
      deadlineSeconds: 172_000,
      atDeadline: 'terminate',
    });
    const ended = await run(worker);
    expect(outputOf(ended)).toMatchObject({ outcome: 'drained' });
    expect(ended.events.length).toBeLessThan(22_500);
    expect(worker.state).toMatchObject({ ...drained, hookTimedOut: false });
  });

  test('gives a drain of our own accord up where the pool keeps its worker, naming the budget', async () => {
    const worker = playedWorker({
      cause: 'scale-down',
      afterwards: 'terminate-and-shrink',
      lifecycleState: 'InService',
      atDeadline: 'keep',
      blockedSeconds: 100_000,
    });
    expect(outputOf(await run(worker))).toMatchObject({
      outcome: 'kept',
      reason: expect.stringContaining('shop/web-1 by the disruption budget shop/web'),
      blocked: [{ pod: 'shop/web-1', budget: 'shop/web' }],
    });
    expect(worker.state).toMatchObject({
      lifecycleState: 'InService',
      cordoned: false,
      terminated: 0,
      shrunk: 0,
    });
  });

  test('drains first and shrinks the group then, by way of the hook', async () => {
    const worker = playedWorker({
      cause: 'scale-down',
      afterwards: 'terminate-and-shrink',
      lifecycleState: 'InService',
    });
    expect(outputOf(await run(worker))).toMatchObject({ outcome: 'drained' });
    expect(worker.state).toMatchObject({ ...drained, terminated: 1, shrunk: 1 });
  });

  test('has a spot worker replaced before it is drained', async () => {
    const worker = playedWorker({
      cause: 'spot-interruption',
      afterwards: 'terminate',
      lifecycleState: 'InService',
    });
    expect(outputOf(await run(worker))).toMatchObject({ outcome: 'drained' });
    expect(worker.calls.slice(0, 2)).toEqual(['ObserveDrain', 'FinishDrain']);
    expect(worker.state).toMatchObject({ ...drained, terminated: 1, shrunk: 0 });
  });

  test('ends by itself when the instance is gone', async () => {
    const worker = playedWorker({ blockedSeconds: 100_000, diesAfterSeconds: 600 });
    const ended = await run(worker);
    expect(outputOf(ended)).toMatchObject({ outcome: 'gone' });
    expect(ended.seconds).toBeLessThan(700);
  });

  test('ends at once where the instance is not leaving', async () => {
    const worker = playedWorker({ lifecycleState: 'InService' });
    expect(outputOf(await run(worker))).toMatchObject({ outcome: 'not-leaving' });
    expect(worker.calls).toEqual(['ObserveDrain']);
  });
});

const acting = ['ObserveDrain', 'EvictPods', 'HeartbeatDrain', 'FinishDrain'];

describe.each(acting)('when %s', (task) => {
  const given: Given = { cause: 'spot-interruption', afterwards: 'terminate', lifecycleState: 'InService' };

  test('fails for good, the run says so, and the sweep’s next run ends the drain', async () => {
    const worker = playedWorker(given);
    const refused: TestFunction = () => {
      throw new StateFailure('AwsRefused', '{"errorMessage":"UnauthorizedOperation"}');
    };
    const functions = { ...worker.functions, [`\${${task}}`]: refused };
    const { result } = await trial(text, { clock: worker.clock, functions, input: worker.input });
    expect(result).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
    expect(worker.calls.at(-1)).toBe('RecordFailure');
    expect(outputOf(await run(worker))).toMatchObject({ outcome: 'drained' });
    expect(worker.state).toMatchObject({ ...drained, terminated: 1 });
  });

  test('is done and its reply is lost, the drain ends all the same, and nothing happens twice', async () => {
    const worker = playedWorker(given);
    const name = `\${${task}}`;
    const real = worker.functions[name];
    let lost = 0;
    const functions = {
      ...worker.functions,
      [name]: (async (payload, call) => {
        const answer = await real?.(payload, call);
        lost += 1;
        if (lost % 2 === 0) return answer ?? null;
        throw new StateFailure('Lambda.Unknown', 'the reply was lost');
      }) satisfies TestFunction,
    };
    const ended = await trial(text, { clock: worker.clock, functions, input: worker.input });
    expect(outputOf(ended)).toMatchObject({ outcome: expect.stringMatching(/^(drained|gone)$/) });
    expect(worker.state).toMatchObject({ ...drained, terminated: 1, shrunk: 0 });
  });
});

/** As the workflow's text has it. */
const uncordonNode = `\${UncordonNode}`;

describe('when UncordonNode', () => {
  const given: Given = {
    cause: 'scale-down',
    afterwards: 'terminate-and-shrink',
    lifecycleState: 'InService',
    atDeadline: 'keep',
    blockedSeconds: 100_000,
  };

  test('fails for good, the run says so, and the next run takes the node back', async () => {
    const worker = playedWorker(given);
    const refused: TestFunction = () => {
      throw new StateFailure('KubernetesRefused', '{"errorMessage":"forbidden"}');
    };
    const functions = { ...worker.functions, [uncordonNode]: refused };
    const { result } = await trial(text, { clock: worker.clock, functions, input: worker.input });
    expect(result).toMatchObject({ status: 'FAILED', error: 'KubernetesRefused' });
    expect(outputOf(await run(worker))).toMatchObject({ outcome: 'kept' });
    expect(worker.state.cordoned).toBe(false);
  });

  test('is done and its reply is lost, the node is taken back once more', async () => {
    const worker = playedWorker(given);
    const real = worker.functions[uncordonNode];
    let lost = false;
    const functions = {
      ...worker.functions,
      [uncordonNode]: (async (payload, call) => {
        const answer = await real?.(payload, call);
        if (lost) return answer ?? null;
        lost = true;
        throw new StateFailure('Lambda.Unknown', 'the reply was lost');
      }) satisfies TestFunction,
    };
    const ended = await trial(text, { clock: worker.clock, functions, input: worker.input });
    expect(outputOf(ended)).toMatchObject({ outcome: 'kept' });
    expect(worker.state.cordoned).toBe(false);
  });
});
