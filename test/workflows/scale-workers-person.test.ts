import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { StateFailure } from '../../region/states/errors.ts';
import type { JsonValue } from '../../region/states/json.ts';
import { type PlayedGroups, playedGroups } from '../functions/scaling/played-groups.ts';
import { outputOf, type TestFunction, trial } from '../region/states/harness.ts';

const text = readFileSync(new URL('../../workflows/scale-workers.asl.json', import.meta.url), 'utf8');

const run = (
  { clock, functions }: PlayedGroups,
  input: JsonValue,
  replaced: Record<string, TestFunction> = {},
) => trial(text, { clock, input, functions: { ...functions, ...replaced } });
const asks = (size: JsonValue, more: Record<string, JsonValue> = {}) => ({
  cluster: 'demo',
  pool: 'general',
  size,
  ...more,
});
const reasonOf = async (trialled: ReturnType<typeof run>) => {
  const { result } = await trialled;
  return result.status === 'FAILED' ? `${result.error}: ${result.cause}` : result.status;
};
/** Drains end after they were looked at so often. */
const endingDrains = (
  played: PlayedGroups,
  outcome: string,
  reason?: string,
): Record<string, TestFunction> => {
  let looks = 0;
  return {
    '${VerifyDrains}': async (payload, call) => {
      looks += 1;
      if (looks === 3) played.endDrains(outcome, reason);
      return (await played.functions['${VerifyDrains}']?.(payload, call)) ?? null;
    },
  };
};

describe('a person’s size', () => {
  test('that is more gives the smallest groups more, and ends once they are ready nodes', async () => {
    const played = await playedGroups({ sizes: { a: 1, b: 1, c: 0 } });
    expect(outputOf(await run(played, asks(4)))).toEqual({
      cluster: 'demo',
      outcome: 'scaled',
      reason: 'general is to have 4 workers, as asked',
    });
    expect(played.seen.sized).toEqual(['a:1-2', 'c:0-1']);
    expect(played.counts()).toEqual({ a: 2, b: 1, c: 1 });
  });

  test('that is there changes nothing and says so', async () => {
    const played = await playedGroups({ sizes: { a: 1, b: 1 } });
    expect(outputOf(await run(played, asks(2)))).toMatchObject({ outcome: 'none' });
    expect(played.seen.sized).toEqual([]);
    expect(played.executions.started).toEqual([]);
  });

  test('that is less has the workers drained as the sweep does, and waits until they are', async () => {
    const played = await playedGroups({ sizes: { a: 2, b: 1 } });
    const trialled = await run(played, asks(1), endingDrains(played, 'drained'));
    expect(outputOf(trialled)).toMatchObject({ outcome: 'scaled' });
    expect(played.executions.started).toMatchObject([
      {
        name: expect.stringMatching(/^demo-general-i-[0-9a-f]{17}-1$/),
        input: { cluster: 'demo', pool: 'general', cause: 'scale-down', afterwards: 'terminate-and-shrink' },
      },
      { input: { zone: 'a' } },
    ]);
    expect(Object.values(played.counts()).reduce((sum, count) => sum + count, 0)).toBe(1);
    // Sizes follow from the drains alone.
    expect(played.seen.sized).toEqual([]);
  });

  test('that is less is no more than one drain of each worker, though it is asked for twice at once', async () => {
    const played = await playedGroups({ sizes: { a: 3 } });
    const both = [run(played, asks(2), endingDrains(played, 'drained')), run(played, asks(2))];
    for (const trialled of await Promise.all(both))
      expect(outputOf(trialled)).toMatchObject({ outcome: 'scaled' });
    expect(played.executions.started).toHaveLength(1);
    expect(played.counts()).toEqual({ a: 2 });
  });

  test('that takes back what was not launched yet ends no worker', async () => {
    const played = await playedGroups({ sizes: { a: 1, b: 1 } });
    const a = played.groups.get('a');
    if (a) Object.assign(a, { desired: 2, refusal: 'no capacity' });
    expect(outputOf(await run(played, asks(2)))).toMatchObject({ outcome: 'scaled' });
    expect(played.seen.sized).toEqual(['a:2-1']);
    expect(played.executions.started).toEqual([]);
  });

  test('looks in another zone where one gives no instance, and gives that one’s size back', async () => {
    const played = await playedGroups({ sizes: { a: 0, b: 1 } });
    const a = played.groups.get('a');
    if (a) a.refusal = 'We currently do not have sufficient m7g.large capacity';
    expect(outputOf(await run(played, asks(2)))).toMatchObject({ outcome: 'scaled' });
    expect(played.seen.sized).toEqual(['a:0-1', 'a:1-0', 'b:1-2']);
    expect(played.counts()).toEqual({ a: 0, b: 2 });
  });

  test('that no zone gives fails with each zone and AWS’s reason, and everything is given back', async () => {
    const played = await playedGroups({ sizes: { a: 1, b: 1 } });
    for (const group of played.groups.values()) group.refusal = 'no capacity';
    expect(await reasonOf(run(played, asks(3)))).toBe(
      'ScalingUnfinished: general is to have 2 workers, and 3 are asked for; zone a: 1 of 2 are there: no capacity; zone b: 1 of 2 are there: no capacity',
    );
    expect([...played.groups.values()].map(({ desired }) => desired)).toEqual([1, 1]);
  });

  test('that a pod keeps from being reached fails with the worker and the reason', async () => {
    const played = await playedGroups({ sizes: { a: 2 } });
    const held = endingDrains(played, 'kept', 'shop/db-0 has no controller that would bring it back');
    expect(await reasonOf(run(played, asks(1), held))).toMatch(
      /^ScalingUnfinished: not every worker of demo that is too many goes: 0 of 1 worker drained; i-\w+ in zone a stays: shop\/db-0 has no controller that would bring it back$/,
    );
  });

  test('is left as others want it, where they have asked for more meanwhile', async () => {
    const played = await playedGroups({ sizes: { a: 1 } });
    const trialled = await run(played, asks(2), {
      '${VerifyScaling}': async (payload, call) => {
        const a = played.groups.get('a');
        if (a) a.desired = 4;
        return (await played.functions['${VerifyScaling}']?.(payload, call)) ?? null;
      },
    });
    expect(outputOf(trialled)).toMatchObject({
      outcome: 'scaled',
      reason: 'general is to have 4 workers by now: others have changed it since',
    });
    expect(played.executions.started).toEqual([]);
  });

  test('waits for a look at the workers before any goes', async () => {
    const played = await playedGroups({ sizes: { a: 2 } });
    played.seen.observing = false;
    let plans = 0;
    const trialled = await run(played, asks(1), {
      ...endingDrains(played, 'drained'),
      '${PlanPersonSizes}': async (payload, call) => {
        plans += 1;
        if (plans === 3) played.seen.observing = true;
        return (await played.functions['${PlanPersonSizes}']?.(payload, call)) ?? null;
      },
    });
    expect(outputOf(trialled)).toMatchObject({ outcome: 'scaled' });
    expect(plans).toBe(3);
  });
});

const change = { pool: 'general', zone: 'a', from: 1, to: 2, reason: 'pods wait' };

describe('an input', () => {
  test.each<[string, JsonValue, string]>([
    [
      'above the pool’s greatest number',
      asks(6),
      'ScalingRefused: pool general has 0 to 5 workers by its spec and 6 are asked for',
    ],
    [
      'that is no whole number',
      asks(1.5),
      'ScalingRefused: scale-workers takes {cluster, pool, size} or {cluster, changes}, and nothing else: size is no whole number',
    ],
    [
      'that is a text',
      asks('2'),
      'ScalingRefused: scale-workers takes {cluster, pool, size} or {cluster, changes}, and nothing else: size is no whole number',
    ],
    [
      'of a cluster that there is not',
      asks(2, { cluster: 'other' }),
      'ClusterUnknown: the registry knows no cluster other; there are: demo',
    ],
    [
      'of a pool that there is not',
      asks(2, { pool: 'gpu' }),
      'ClusterUnknown: the spec of demo has no pool gpu; its pools are: general, spot',
    ],
    [
      'without anything',
      {},
      'ScalingRefused: scale-workers takes {cluster, pool, size} or {cluster, changes}, and nothing else: cluster is missing; pool is missing; size is missing',
    ],
    [
      'of both forms',
      asks(2, { changes: [change] }),
      'ScalingRefused: scale-workers takes {cluster, pool, size} or {cluster, changes}, and nothing else: changes does not belong there',
    ],
    [
      'with more than a form has',
      { cluster: 'demo', changes: [change], why: 'so' },
      'ScalingRefused: scale-workers takes {cluster, pool, size} or {cluster, changes}, and nothing else: pool is missing; size is missing; changes does not belong there; why does not belong there',
    ],
    [
      'that is no object',
      ['demo', 'general', 2],
      'ScalingRefused: scale-workers takes {cluster, pool, size} or {cluster, changes}, and nothing else: the input is no object',
    ],
  ])('%s is refused before anything is changed', async (_, input, said) => {
    const played = await playedGroups({ sizes: { a: 1 } });
    expect(await reasonOf(run(played, input))).toContain(said);
    expect(played.seen.sized).toEqual([]);
    expect(played.executions.started).toEqual([]);
  });

  test('of the sweep is carried out as it was decided, without a person’s plan', async () => {
    const played = await playedGroups({ sizes: { a: 1 } });
    const trialled = await run(
      played,
      { cluster: 'demo', changes: [change] },
      { '${PlanPersonSizes}': () => Promise.reject(new Error('nobody asked for it')) },
    );
    expect(outputOf(trialled)).toMatchObject({ outcome: 'scaled', reason: 'general in a: 2 of 2 are ready' });
  });

  test('of the sweep falls back as before, for the next sweep to plan', async () => {
    const played = await playedGroups({ sizes: { a: 1 } });
    const a = played.groups.get('a');
    if (a) a.refusal = 'no capacity';
    expect(outputOf(await run(played, { cluster: 'demo', changes: [change] }))).toMatchObject({
      outcome: 'fell-back',
    });
    expect(played.seen.sized).toEqual(['a:1-2', 'a:2-1']);
  });
});

test.each<[string, number, Record<string, number>]>([
  ['PlanPersonSizes', 4, { a: 2, b: 2 }],
  ['ResizePools', 4, { a: 2, b: 2 }],
  ['VerifyScaling', 4, { a: 2, b: 2 }],
  ['PlanPersonSizes', 2, { a: 1, b: 1 }],
  ['StartDrains', 2, { a: 1, b: 1 }],
  ['VerifyDrains', 2, { a: 1, b: 1 }],
])('when the reply of %s is lost a size of %i is reached all the same', async (task, size, wanted) => {
  const played = await playedGroups({ sizes: { a: 2, b: 1 } });
  const name = `\${${task}}`;
  const whole = { ...played.functions, ...endingDrains(played, 'drained') };
  let calls = 0;
  const losing: TestFunction = async (payload, call) => {
    const answer = await whole[name]?.(payload, call);
    calls += 1;
    if (calls === 1) throw new StateFailure('Lambda.Unknown', 'the reply was lost');
    return answer ?? null;
  };
  const trialled = await run(played, asks(size), { ...whole, [name]: losing });
  expect(outputOf(trialled)).toMatchObject({ outcome: 'scaled' });
  expect(calls).toBeGreaterThan(1);
  expect(played.counts()).toEqual(wanted);
});
