import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { WorkerDecision, WorkerObservation } from '../../functions/workers/contracts.ts';
import {
  decideWorker,
  type WorkerInKubernetes,
  workerPolicy,
} from '../../functions/workers/decide-worker.ts';
import { StateFailure } from '../../region/states/errors.ts';
import type { JsonValue } from '../../region/states/json.ts';
import { outputOf, type TestFunction, trial } from '../region/states/harness.ts';
import { createManualClock } from '../support/manual-clock.ts';

const file = new URL('../../workflows/join-worker.asl.json', import.meta.url);
const text = readFileSync(file, 'utf8');
const input = { cluster: 'demo', pool: 'general', zone: 'a', instanceId: 'i-0123456789abcdef0' };

interface WorkerOptions {
  /** Never reports that it has its join object, as one that cannot reach S3. */
  readonly silent?: boolean;
  /** The API cannot be asked before so many seconds have passed. */
  readonly unreachableSeconds?: number;
}

/** A worker, its group, its own objects and the cluster's API, played: what each task does shows in what the next look finds. */
function playedWorker({ silent = false, unreachableSeconds = 0 }: WorkerOptions = {}) {
  const clock = createManualClock();
  const launchedAt = clock.now();
  const state = {
    hook: 'waiting' as 'waiting' | 'CONTINUE' | 'ABANDON',
    tokens: 0,
    admittedAt: undefined as string | undefined,
    join: false,
    request: undefined as 'pending' | 'issued' | undefined,
    ready: false,
    console: false,
    looks: 0,
  };
  /** The node goes a step on between two looks. */
  const live = (): void => {
    state.looks += 1;
    if (silent) return;
    if (state.request === 'issued') state.ready = true;
    if (state.join && state.request === undefined) state.request = 'pending';
  };
  const observe = (): WorkerObservation => {
    live();
    const waits = state.hook === 'waiting';
    return {
      ...input,
      observedAt: clock.now().toISOString(),
      autoScalingGroupName: 'trivet-demo-pool-general-a',
      userId: `AROA:${input.instanceId}`,
      lifecycleState: waits ? 'Pending:Wait' : state.hook === 'CONTINUE' ? 'InService' : 'Terminating',
      waitingInHook: waits,
      state: 'running',
      launchedAt: launchedAt.toISOString(),
      report: { state: silent || state.looks < 2 ? 'none' : state.join ? 'joining' : 'waiting' },
    };
  };
  const found = (): WorkerInKubernetes => {
    const age = (clock.now().getTime() - launchedAt.getTime()) / 1000;
    if (age < unreachableSeconds)
      return { reachable: false, reason: 'ECONNREFUSED', admitted: false, requests: [] };
    return {
      reachable: true,
      admitted: state.tokens > 0,
      ...(state.admittedAt && { admittedAt: state.admittedAt }),
      requests: state.request ? [{ name: 'csr-1', state: state.request }] : [],
      ...(state.ready && { node: { ready: true } }),
    };
  };
  const tasks = {
    ObserveWorker: () => observe(),
    JudgeWorker: ({ observation }: { observation: WorkerObservation }) => ({
      decision: decideWorker(observation, found(), workerPolicy, clock.now()),
    }),
    AdmitWorker: () => {
      state.tokens = Math.max(1, state.tokens);
      state.admittedAt ??= clock.now().toISOString();
      state.join = true;
      return { tokenId: 'abcdef', written: true };
    },
    ApproveWorker: ({ decision }: { decision: WorkerDecision }) => {
      if (decision.requestName === 'csr-1') state.request = 'issued';
      return { approved: true };
    },
    RevokeWorkerToken: () => {
      state.tokens = 0;
      return { revoked: true };
    },
    CompleteWorker: () => {
      if (state.hook === 'waiting') state.hook = 'CONTINUE';
      return { completed: true };
    },
    AbandonWorker: () => {
      state.console = true;
      if (state.hook === 'waiting') state.hook = 'ABANDON';
      return { abandoned: true, console: 'console.log' };
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
  return { clock, state, functions, calls };
}

const run = ({ clock, functions }: ReturnType<typeof playedWorker>) =>
  trial(text, { clock, functions, input });

const joined = { hook: 'CONTINUE', tokens: 0, request: 'issued', ready: true, console: false };

describe('join-worker', () => {
  test('admits, approves, takes the token away, and completes the hook last', async () => {
    const worker = playedWorker();
    expect(outputOf(await run(worker))).toMatchObject({ outcome: 'joined' });
    const acting = worker.calls.filter((name) => !/^(Observe|Judge)/.test(name));
    expect(acting).toEqual(['AdmitWorker', 'ApproveWorker', 'RevokeWorkerToken', 'CompleteWorker']);
    expect(worker.state).toMatchObject(joined);
  });

  test('gives up a worker that never asks, ten minutes after its launch, and keeps its console', async () => {
    const worker = playedWorker({ silent: true });
    const ended = await run(worker);
    expect(outputOf(ended)).toMatchObject({
      outcome: 'abandoned',
      reason: expect.stringContaining('i-0123456789abcdef0 has not reported yet'),
    });
    expect(ended.seconds).toBeGreaterThan(600);
    expect(ended.seconds).toBeLessThan(610);
    expect(worker.state).toMatchObject({ hook: 'ABANDON', console: true });
  });

  test('does not give a worker up because no API server answered for long: it joins once one does', async () => {
    const worker = playedWorker({ unreachableSeconds: 700 });
    const ended = await run(worker);
    expect(outputOf(ended)).toMatchObject({ outcome: 'joined' });
    expect(ended.seconds).toBeGreaterThanOrEqual(700);
  });

  test('ends where the instance no longer waits', async () => {
    const worker = playedWorker();
    worker.state.hook = 'ABANDON';
    expect(outputOf(await run(worker))).toMatchObject({ outcome: 'none' });
    expect(worker.calls).toEqual(['ObserveWorker', 'JudgeWorker']);
  });
});

const acting = ['AdmitWorker', 'ApproveWorker', 'RevokeWorkerToken', 'CompleteWorker'];

describe.each(['ObserveWorker', 'JudgeWorker', ...acting])('when %s', (task) => {
  test('fails for good, the run says so, and the next run ends with the worker joined', async () => {
    const worker = playedWorker();
    const refused: TestFunction = () => {
      throw new StateFailure('AwsRefused', '{"errorMessage":"UnauthorizedOperation"}');
    };
    const functions = { ...worker.functions, [`\${${task}}`]: refused };
    const { result } = await trial(text, { clock: worker.clock, functions, input });
    expect(result).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
    expect(worker.calls.at(-1)).toBe('RecordFailure');
    expect(outputOf(await run(worker))).toMatchObject({ outcome: 'joined' });
    expect(worker.state).toMatchObject(joined);
  });

  test('is done and its reply is lost, the worker joins all the same, once', async () => {
    const worker = playedWorker();
    const name = `\${${task}}`;
    const real = worker.functions[name];
    let lost = false;
    const functions = {
      ...worker.functions,
      [name]: (async (payload, call) => {
        const answer = await real?.(payload, call);
        if (lost) return answer ?? null;
        lost = true;
        throw new StateFailure('Lambda.Unknown', 'the reply was lost');
      }) satisfies TestFunction,
    };
    expect(outputOf(await trial(text, { clock: worker.clock, functions, input }))).toMatchObject({
      outcome: 'joined',
    });
    expect(worker.state).toMatchObject(joined);
  });
});
