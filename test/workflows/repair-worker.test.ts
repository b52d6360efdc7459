import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { StateFailure } from '../../region/states/errors.ts';
import { type PlayedPool, playedPool } from '../functions/repair/played-pool.ts';
import { outputOf, type TestFunction, trial } from '../region/states/harness.ts';

const text = readFileSync(new URL('../../workflows/repair-worker.asl.json', import.meta.url), 'utf8');
const instanceId = 'i-00000001';
const input = { cluster: 'demo', pool: 'general', zone: 'a', instanceId, reason: 'the sweep found it dead' };

const run = ({ clock, functions }: PlayedPool, replaced: Record<string, TestFunction> = {}) =>
  trial(text, { clock, input, functions: { ...functions, ...replaced } });

/** As the sweep does each minute, until nothing is left to repair. */
async function sweepUntilWell(played: PlayedPool): Promise<void> {
  for (let minute = 0; minute < 20; minute += 1) {
    const starting = (await played.sweep()).filter(({ action }) => action === 'start-repair');
    if (starting.length === 0) return;
    for (const { cluster, pool, zone, instanceId: id, reason } of starting)
      await trial(text, {
        clock: played.clock,
        functions: played.functions,
        input: { cluster, pool: pool ?? '', zone: zone ?? '', instanceId: id ?? '', reason },
      });
    await played.clock.advance(60_000);
  }
  throw new Error('the sweep still finds something to repair');
}

const broken = async (options: Parameters<typeof playedPool>[0] = {}): Promise<PlayedPool> => {
  const played = await playedPool(options);
  played.silence(instanceId, 400);
  return played;
};

/** The pool as it should be: its size, the dead one gone, ended once, and what was done recorded. */
async function expectReplaced(played: PlayedPool, size = 5): Promise<void> {
  played.live();
  expect(played.seen.terminated).toEqual([instanceId]);
  expect([...played.machines.keys()]).not.toContain(instanceId);
  expect(played.machines.size).toBe(size);
  expect(played.desired.get('a')).toBe(size);
  expect((await played.repairs()).map(({ instanceId: id, outcome }) => [id, outcome])).toEqual([
    [instanceId, 'replaced'],
  ]);
}

describe('repair-worker', () => {
  test('ends a dead worker, awaits its replacement, and records it', async () => {
    const played = await broken();
    const ended = await run(played);
    expect(outputOf(ended)).toMatchObject({
      outcome: 'replaced',
      reason: 'i-00000001 is gone, and i-00000006 is ready in its place',
    });
    await expectReplaced(played);
    expect(played.seen.desiredMax).toBe(5);
  });

  test('brings the replacement first where the pool wants that, and one more for no longer than needed', async () => {
    const played = await broken({ replacement: 'before' });
    expect(outputOf(await run(played))).toMatchObject({ outcome: 'replaced' });
    await expectReplaced(played);
    expect(played.seen.desiredMax).toBe(6);
    expect(await played.repairs()).toMatchObject([{ raise: { from: 5, to: 6, state: 'done' } }]);
  });

  test('ends the worker first where its group is at its greatest size', async () => {
    const played = await broken({ replacement: 'before', max: 5 });
    expect(outputOf(await run(played))).toMatchObject({ outcome: 'replaced' });
    await expectReplaced(played);
    expect(played.seen.desiredMax).toBe(5);
  });

  test('leaves a worker that is well, and a stranger', async () => {
    const played = await playedPool();
    expect(outputOf(await run(played))).toMatchObject({ outcome: 'none' });
    const stranger = { ...input, instanceId: 'i-0123456789abcdef0' };
    const { clock, functions } = played;
    expect(outputOf(await trial(text, { clock, functions, input: stranger }))).toMatchObject({
      outcome: 'none',
    });
    expect(played.seen.terminated).toEqual([]);
  });

  test('refuses in a storm, and ends nothing', async () => {
    const played = await broken();
    played.silence('i-00000002', 10);
    played.silence('i-00000003', 10);
    expect(outputOf(await run(played))).toMatchObject({ outcome: 'refused' });
    expect(played.seen.terminated).toEqual([]);
  });

  test('judges again before the termination: a storm that begins meanwhile stays its hand', async () => {
    const played = await broken();
    const begin = played.functions['${BeginRepair}'];
    const ended = await run(played, {
      '${BeginRepair}': async (payload, call) => {
        const answer = await begin?.(payload, call);
        for (const id of ['i-00000002', 'i-00000003', 'i-00000004']) played.silence(id, 10);
        return answer ?? null;
      },
    });
    expect(outputOf(ended)).toMatchObject({ outcome: 'given-up' });
    expect(played.seen.terminated).toEqual([]);
  });

  test('ends nothing while the API is down, and goes on when it answers again', async () => {
    const played = await broken();
    const begin = played.functions['${BeginRepair}'];
    const ended = run(played, {
      '${BeginRepair}': async (payload, call) => {
        const answer = await begin?.(payload, call);
        played.seen.apiDown = true;
        played.clock.after(600_000, () => {
          expect(played.seen.terminated).toEqual([]);
          played.seen.apiDown = false;
        });
        return answer ?? null;
      },
    });
    expect(outputOf(await ended)).toMatchObject({ outcome: 'replaced' });
    await expectReplaced(played);
  });

  test('says what is missing where no replacement comes within an hour', async () => {
    const played = await broken();
    const judge = played.functions['${JudgeRepair}'];
    const { result } = await run(played, {
      '${JudgeRepair}': async (payload, call) => {
        // Whatever is launched after the five never joins.
        for (const [id, machine] of played.machines)
          if (id > 'i-00000005')
            played.machines.set(id, { ...machine, launchedAt: played.clock.now().getTime() });
        return (await judge?.(payload, call)) ?? null;
      },
    });
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'WaitExhausted',
      cause: expect.stringContaining('no replacement is ready: its group has 4 healthy workers and wants 5'),
    });
    expect(await played.repairs()).toMatchObject([{ outcome: 'unfinished' }]);
  });
});

describe.each(['after', 'before'] as const)(
  'with the replacement %s, when any call of a port',
  (replacement) => {
    test.each(['before', 'after'] as const)(
      'goes wrong for good (%s it has its effect), the sweep has the work finished, once',
      async (when) => {
        const whole = await broken({ replacement });
        await run(whole);
        const calls = whole.seen.calls.length;
        expect(calls).toBeGreaterThan(20);
        for (let call = 1; call <= calls; call += 1) {
          const played = await broken({ replacement });
          played.break({ call, when });
          await run(played);
          played.break(undefined);
          await sweepUntilWell(played);
          await expectReplaced(played);
          expect(played.seen.desiredMax, `call ${call}`).toBe(replacement === 'before' ? 6 : 5);
        }
      },
    );
  },
);

describe.each(['JudgeRepair', 'BeginRepair', 'RaisePool', 'TerminateWorker', 'FinishRepair'])(
  'when the reply of %s is lost',
  (task) => {
    test('the worker is replaced all the same, once', async () => {
      const played = await broken({ replacement: 'before' });
      const name = `\${${task}}`;
      const real = played.functions[name];
      let lost = false;
      const losing: TestFunction = async (payload, call) => {
        const answer = await real?.(payload, call);
        if (lost) return answer ?? null;
        lost = true;
        throw new StateFailure('Lambda.Unknown', 'the reply was lost');
      };
      expect(outputOf(await run(played, { [name]: losing }))).toMatchObject({ outcome: 'replaced' });
      await expectReplaced(played);
      expect(played.seen.desiredMax).toBe(6);
    });
  },
);
