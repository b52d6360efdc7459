import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SizeChange } from '../../functions/scaling/contracts.ts';
import { StateFailure } from '../../region/states/errors.ts';
import type { JsonValue } from '../../region/states/json.ts';
import {
  type PlayedScaling,
  playedScaling,
  type ScalingOptions,
} from '../functions/scaling/played-scaling.ts';
import { outputOf, type TestFunction, trial } from '../region/states/harness.ts';
import type { Fault } from '../support/breakable.ts';

const text = readFileSync(new URL('../../workflows/scale-workers.asl.json', import.meta.url), 'utf8');

const run = (
  { clock, functions }: PlayedScaling,
  changes: readonly SizeChange[],
  replaced: Record<string, TestFunction> = {},
) =>
  trial(text, {
    clock,
    input: { cluster: 'demo', changes } as unknown as JsonValue,
    functions: { ...functions, ...replaced },
  });

/** What the first sweep decides. */
async function planned(played: PlayedScaling): Promise<SizeChange[]> {
  const [changes] = await played.sweep();
  if (!changes) throw new Error('the sweep has planned nothing');
  return changes;
}

/** As the sweep does each minute, until no pod waits any more and no group asks for what it does not get. */
async function sweepUntilPlaced(played: PlayedScaling): Promise<void> {
  for (let minute = 0; minute < 40; minute += 1) {
    for (const changes of await played.sweep()) await run(played, changes);
    played.live();
    const wanted = [...played.desired.values()].reduce((sum, size) => sum + size, 0);
    if (played.queue.length === 0 && played.machines.size === wanted) return;
    await played.clock.advance(60_000);
  }
  throw new Error(
    `pods still wait: ${played.queue.join(' ')}; or groups: ${JSON.stringify([...played.desired])}`,
  );
}

/** Every pod has its worker, as many were launched, and no group asks for one that it does not have. */
function expectPlaced(played: PlayedScaling, sizes: Readonly<Record<string, number>>, what = ''): void {
  played.live();
  expect(played.queue, what).toEqual([]);
  expect(Object.fromEntries(played.desired), what).toEqual(sizes);
  const wanted = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  expect([played.machines.size, played.seen.launched], what).toEqual([wanted, wanted]);
}

const both = { a: 2, b: 1 };
/** As the workflow's text has it. */
const recordFailure = `\${RecordFailure}`;

describe('scale-workers', () => {
  test('gives each zone its workers, and ends once they are ready nodes', async () => {
    const played = await playedScaling();
    const changes = await planned(played);
    expect(changes.map(({ from, to, zone }) => `${zone}:${from}-${to}`)).toEqual(['a:0-2', 'b:0-1']);
    const ended = await run(played, changes);
    expect(outputOf(ended)).toEqual({
      cluster: 'demo',
      outcome: 'scaled',
      reason: 'general in a: 2 of 2 are ready; general in b: 1 of 1 are ready',
    });
    expect(ended.seconds).toBe(60);
    expectPlaced(played, both);
    expect(played.seen.sizesSet).toEqual(['a:0-2', 'b:0-1']);
  });

  test('asks for nothing twice: sweeps that look while it runs find nothing to add', async () => {
    const played = await playedScaling();
    const changes = await planned(played);
    const found: SizeChange[][] = [];
    for (let second = 5; second < 60; second += 5)
      played.clock.after(second * 1000, () => {
        played.sweep().then((more) => found.push(...more));
      });
    expect(outputOf(await run(played, changes))).toMatchObject({ outcome: 'scaled' });
    expect(found).toEqual([]);
    expectPlaced(played, both);
  });

  test('sets no size again that was set by a run that saw the same', async () => {
    const played = await playedScaling();
    const changes = await planned(played);
    await run(played, changes);
    expect(outputOf(await run(played, changes))).toMatchObject({ outcome: 'scaled' });
    expect(played.seen.sizesSet).toEqual(['a:0-2', 'b:0-1']);
    expectPlaced(played, both);
  });

  test('leaves a group alone that somebody has resized since, and looks after the other', async () => {
    const played = await playedScaling();
    const changes = await planned(played);
    played.desired.set('a', 1);
    expect(outputOf(await run(played, changes))).toMatchObject({
      outcome: 'scaled',
      reason: 'general in b: 1 of 1 are ready',
    });
    expect(played.seen.sizesSet).toEqual(['b:0-1']);
    await sweepUntilPlaced(played);
    expectPlaced(played, both);
  });

  test('does nothing where every group was resized by somebody else', async () => {
    const played = await playedScaling();
    const changes = await planned(played);
    played.desired.set('a', 1);
    played.desired.set('b', 2);
    expect(outputOf(await run(played, changes))).toEqual({
      cluster: 'demo',
      outcome: 'none',
      skipped: [
        { pool: 'general', zone: 'a', reason: 'trivet-demo-pool-general-a is to have 1 by now' },
        { pool: 'general', zone: 'b', reason: 'trivet-demo-pool-general-b is to have 2 by now' },
      ],
    });
    expect(played.seen.sizesSet).toEqual([]);
    await sweepUntilPlaced(played);
    expectPlaced(played, { a: 1, b: 2 });
  });

  test('leaves a group to whoever resizes it while its workers are on their way', async () => {
    const played = await playedScaling({ pods: 1 });
    const changes = await planned(played);
    played.clock.after(25_000, () => void played.desired.set('a', 2));
    expect(outputOf(await run(played, changes))).toMatchObject({
      outcome: 'scaled',
      reason: 'general in a: it is to have 2 by now',
    });
    expect(played.seen.sizesSet).toEqual(['a:0-1']);
  });
});

describe('where a zone gives no instance', () => {
  test('it falls back at the first look, and the next sweep has the workers come in the other zone', async () => {
    const played = await playedScaling({ pods: 2, withdrawn: ['a'] });
    const ended = await run(played, await planned(played));
    expect(outputOf(ended)).toMatchObject({
      outcome: 'fell-back',
      reason: expect.stringContaining('general in a: 0 of 1 are there: We currently do not have sufficient'),
    });
    expect(ended.seconds).toBe(10);
    expect(await played.registry.getScaling('demo')).toMatchObject({
      backOffs: [
        { pool: 'general', zone: 'a', instanceType: 'm7g.large', seconds: 300 },
        { pool: 'general', zone: 'a', instanceType: 'm6g.large', seconds: 300 },
      ],
    });
    expect(played.seen.sizesSet).toEqual(['a:0-1', 'b:0-1', 'a:1-0']);
    await sweepUntilPlaced(played);
    expectPlaced(played, { a: 0, b: 2 });
  });

  test('it falls back by what the zone did not give, and keeps what it gave', async () => {
    const played = await playedScaling({ pods: 4 });
    const changes = await planned(played);
    played.clock.after(5_000, () => void played.lacking.add('a'));
    played.clock.after(6_000, () => {
      const [taken] = [...played.machines].filter(([, { zone }]) => zone === 'a');
      if (taken) played.machines.delete(taken[0]);
    });
    expect(outputOf(await run(played, changes))).toMatchObject({ outcome: 'fell-back' });
    expect(Object.fromEntries(played.desired)).toEqual({ a: 1, b: 2 });
  });

  test('it is asked again once its time is over, if pods still wait', async () => {
    const played = await playedScaling({ pods: 1, withdrawn: ['a', 'b'] });
    await run(played, await planned(played));
    played.clock.after(900_000, () => played.lacking.clear());
    await sweepUntilPlaced(played);
    expect(played.seen.launched).toBe(1);
    expect(played.seen.wantedMax).toBe(1);
  });
});

describe('a failure', () => {
  test('of workers that do not come within a quarter of an hour is recorded, with the way on', async () => {
    const played = await playedScaling({ pods: 1, silent: true });
    const ended = await run(played, await planned(played));
    expect(ended.result).toMatchObject({
      status: 'FAILED',
      error: 'WaitExhausted',
      cause: 'workers of demo did not become ready: general in a: 0 of 1 are ready',
    });
    expect(ended.seconds).toBe(900);
    expect((await played.registry.getCluster('demo'))?.lastFailure).toEqual({
      workflow: 'scale-workers',
      execution: 'arn:aws:states:us-east-1:123456789012:execution:machine:run',
      step: 'Verify scaling',
      error: 'WaitExhausted',
      message:
        'scale-workers of demo failed at "Verify scaling": WaitExhausted: workers of demo did not become ready: general in a: 0 of 1 are ready. Way on: look at the slot’s console output and activities (trivet status), and run it again: every step that is done is kept.',
      at: '2026-03-01T12:15:00.000Z',
    });
  });

  test.each(['ResizePools', 'VerifyScaling', 'FallBackScaling'])(
    'of %s is recorded by its step, and that nothing could be recorded hides it not',
    async (task) => {
      const refused: TestFunction = () => {
        throw new StateFailure('AwsRefused', '{"errorMessage":"UnauthorizedOperation"}');
      };
      const played = await playedScaling({ pods: 1, withdrawn: ['a'] });
      const changes = await planned(played);
      const step = task.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim();
      const name = `${step[0]?.toUpperCase()}${step.slice(1)}`;
      const ended = await run(played, changes, { [`\${${task}}`]: refused });
      expect(ended.result).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
      expect((await played.registry.getCluster('demo'))?.lastFailure).toMatchObject({
        step: name,
        error: 'AwsRefused',
        message: expect.stringContaining('UnauthorizedOperation'),
      });
      const silenced = { [`\${${task}}`]: refused, [recordFailure]: refused };
      const again = await run(await playedScaling({ pods: 1, withdrawn: ['a'] }), changes, silenced);
      expect(again.result).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
    },
  );
});

/** How a run goes, of which each call of a port is then broken. */
const ways: readonly [string, ScalingOptions, Readonly<Record<string, number>>][] = [
  ['that brings workers', {}, both],
  ['that falls back', { pods: 2, withdrawn: ['a'] }, { a: 0, b: 2 }],
];
const faults: readonly ['before' | 'after', string][] = [
  ['before', 'killed before it has its effect'],
  ['after', 'done and its reply is lost'],
];

describe.each(ways)('in a run %s, when a call of a port is', (_, options, sizes) => {
  const countCalls = async (): Promise<number> => {
    const whole = await playedScaling(options);
    const changes = await planned(whole);
    whole.break(undefined);
    await run(whole, changes);
    expect(whole.calls.length).toBeGreaterThanOrEqual(10);
    return whole.calls.length;
  };
  const broken = async (fault: Fault) => {
    const played = await playedScaling(options);
    const changes = await planned(played);
    played.break(fault);
    const ended = await run(played, changes);
    expect(played.calls.length).toBeGreaterThanOrEqual(fault.call);
    played.break(undefined);
    return { played, ended };
  };

  test.each(faults)('%s: %s, once, the workflow’s retry finishes the work', async (when) => {
    const calls = await countCalls();
    for (let call = 1; call <= calls; call += 1) {
      const { ended, played } = await broken({ call, when, error: 'Lambda.Unknown' });
      expect(ended.result.status, `call ${call}`).toBe('SUCCEEDED');
      await sweepUntilPlaced(played);
      expectPlaced(played, sizes, `call ${call}`);
    }
  });

  test.each(faults)('%s: %s, for good, the run says so and the sweep finishes the work', async (when) => {
    const calls = await countCalls();
    for (let call = 1; call <= calls; call += 1) {
      const { ended, played } = await broken({ call, when });
      expect(ended.result, `call ${call}`).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
      expect((await played.registry.getCluster('demo'))?.lastFailure?.workflow).toBe('scale-workers');
      await sweepUntilPlaced(played);
      expectPlaced(played, sizes, `call ${call}`);
    }
  });
});
