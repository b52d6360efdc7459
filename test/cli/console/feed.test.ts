import { afterEach, describe, expect, test } from 'vitest';
import type { Pulse } from '../../../cli/console/contracts.ts';
import { createFeed, type Feed } from '../../../cli/console/feed.ts';
import { createLatest } from '../../../cli/console/latest.ts';
import { eventually } from '../../support/eventually.ts';

let ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends) end();
  ends = [];
});

function listen<T>(feed: Feed<T>) {
  const values: T[] = [];
  const pulses: Pulse[] = [];
  const end = feed.subscribe({ value: (value) => values.push(value), pulse: (pulse) => pulses.push(pulse) });
  ends.push(end);
  return { values, pulses, end };
}

const pace = { everyMilliseconds: 5, timeoutMilliseconds: 1_000 };

describe('a feed', () => {
  test('tells what is new once, and that it has looked each time', async () => {
    let number = 1;
    const { pulses, values } = listen(
      createFeed({ read: async () => ({ number, readAt: Math.random() }), ...pace }),
    );
    await eventually(() => pulses.length > 3);
    expect(values.map((value) => value.number)).toEqual([1]);
    number = 2;
    await eventually(() => values.length === 2);
    expect(values[1]?.number).toBe(2);
  });

  test('looks for nobody: not before the first has come, and not after the last has gone', async () => {
    let looks = 0;
    const feed = createFeed({ read: async () => ({ looks: ++looks }), ...pace });
    expect(looks).toBe(0);
    const one = listen(feed);
    const other = listen(feed);
    await eventually(() => other.values.length > 2);
    expect(one.values).toEqual(other.values);
    one.end();
    other.end();
    const then = looks;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(looks - then).toBeLessThanOrEqual(1);
  });

  test('gives who comes later what is known already', async () => {
    const feed = createFeed({
      read: async () => 'known',
      everyMilliseconds: 60_000,
      timeoutMilliseconds: 1_000,
    });
    const first = listen(feed);
    await eventually(() => first.values.length === 1);
    const second = listen(feed);
    expect(second.values).toEqual(['known']);
    expect(second.pulses).toHaveLength(1);
  });

  test('looks at once when something was done', async () => {
    let looks = 0;
    const feed = createFeed({
      read: async () => ({ looks: ++looks }),
      everyMilliseconds: 60_000,
      timeoutMilliseconds: 1_000,
    });
    const { pulses, values } = listen(feed);
    await eventually(() => pulses.length === 1);
    feed.hurry();
    await eventually(() => values.length === 2);
  });

  test('says why a look failed and how old the last one is, and recovers by itself', async () => {
    let now = Date.parse('2026-03-01T12:00:00Z');
    let answers = true;
    const read = async () => {
      if (!answers) throw new Error('connect ECONNREFUSED 127.0.0.1:4566');
      return 'here';
    };
    const { pulses, values } = listen(createFeed({ read, ...pace, now: () => now }));
    await eventually(() => values.length === 1);
    answers = false;
    now += 12_000;
    await eventually(() => pulses.at(-1)?.problem !== undefined);
    expect(pulses.at(-1)).toEqual({
      readAt: '2026-03-01T12:00:00.000Z',
      ageSeconds: 12,
      problem: 'connect ECONNREFUSED 127.0.0.1:4566',
      everySeconds: 0.005,
    });
    answers = true;
    await eventually(() => pulses.at(-1)?.ageSeconds === 0);
    expect(pulses.at(-1)).not.toHaveProperty('problem');
    expect(values).toEqual(['here']);
  });

  test('takes a look that lasts too long for one that failed', async () => {
    const feed = createFeed({
      read: () => new Promise<string>(() => {}),
      everyMilliseconds: 5,
      timeoutMilliseconds: 20,
    });
    const { pulses } = listen(feed);
    await eventually(() => pulses.length > 1);
    expect(pulses[0]).toMatchObject({ problem: 'no answer within 0.02 s', ageSeconds: 0 });
  });
});

describe('the latest answer', () => {
  test('is not waited for any longer than a little, and the one before is shown meanwhile', async () => {
    const answers: ((value: string) => void)[] = [];
    const latest = createLatest(() => new Promise<string>((resolve) => answers.push(resolve)), 20);
    expect(await latest.read('demo')).toEqual({});
    answers[0]?.('first');
    await eventually(async () => (await latest.read('demo')).value === 'first');
    expect(await latest.read('demo')).toEqual({ value: 'first' });
    answers.at(-1)?.('second');
    await eventually(async () => (await latest.read('demo')).value === 'second');
  });

  test('is kept through a failure for half a minute, with the reason, and not for longer', async () => {
    let now = 0;
    let fails = false;
    const ask = async () => {
      if (fails) throw new Error('verify-etcd failed');
      return 'known';
    };
    const latest = createLatest(ask, 1_000, () => now);
    expect(await latest.read('demo')).toEqual({ value: 'known' });
    fails = true;
    now = 30_000;
    expect(await latest.read('demo')).toEqual({ value: 'known', problem: 'verify-etcd failed' });
    now = 31_000;
    expect(await latest.read('demo')).toEqual({ problem: 'verify-etcd failed' });
    expect(await latest.read('other')).toEqual({ problem: 'verify-etcd failed' });
  });
});
