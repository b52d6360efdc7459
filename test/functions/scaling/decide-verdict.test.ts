import { describe, expect, test } from 'vitest';
import type { LaunchFailure } from '../../../functions/aws/launch-failure.ts';
import { decideVerdict, type ResizedGroup } from '../../../functions/scaling/decide-verdict.ts';
import { groupOf, instanceOf } from './scaled-cluster.ts';

const since = '2026-03-01T10:00:00Z';
const change = { pool: 'general', zone: 'a', from: 1, to: 2, reason: '3 pods have no place' };
const failure = (at: string): LaunchFailure => ({ at, kind: 'capacity', message: 'no capacity' });
const readyNodes = (...names: string[]) =>
  ({
    observation: {
      nodes: names.map((name) => ({ name, conditions: [{ type: 'Ready', status: 'True', since }] })),
    },
  }) as never;
const two = [instanceOf('a', 0), instanceOf('a', 1)];

describe('workers that were asked for', () => {
  test.each<[string, Partial<ResizedGroup>, string[], string, string]>([
    ['are there once they are ready nodes', { group: groupOf('a', 2) }, ['i-a0', 'i-a1'], 'done', '2 of 2'],
    ['are awaited until they are nodes', { group: groupOf('a', 2) }, ['i-a0'], 'wait', '1 of 2 are ready'],
    [
      'are awaited while they wait in their hook',
      { group: groupOf('a', 2, { instances: [instanceOf('a', 0), instanceOf('a', 1, 'Pending:Wait')] }) },
      ['i-a0', 'i-a1'],
      'wait',
      '1 of 2 are ready',
    ],
    ['of a group that is gone are nobody’s', {}, [], 'done', 'its group is gone'],
    [
      'of a group that somebody has resized since are theirs',
      { group: groupOf('a', 3) },
      [],
      'done',
      'it is to have 3 by now',
    ],
    [
      'that are not waited for any longer are done with, though none came',
      { change: { ...change, from: 2, to: 1 }, group: groupOf('a', 1) },
      [],
      'done',
      'it waits for no more than 1',
    ],
    [
      'are given up where a launch has failed since and none is on its way',
      {
        group: groupOf('a', 2, { instances: [instanceOf('a', 0)] }),
        failures: [failure('2026-03-01T10:00:01Z')],
      },
      ['i-a0'],
      'fall-back',
      '1 of 2 are there: no capacity',
    ],
    [
      'are awaited where the launch that failed was before',
      {
        group: groupOf('a', 2, { instances: [instanceOf('a', 0)] }),
        failures: [failure('2026-03-01T09:59:59Z')],
      },
      ['i-a0'],
      'wait',
      '1 of 2 are ready',
    ],
    [
      'are awaited where one came after the launch that failed',
      { group: groupOf('a', 2, { instances: two }), failures: [failure('2026-03-01T10:00:01Z')] },
      ['i-a0'],
      'wait',
      '1 of 2 are ready',
    ],
  ])('%s', (_, group, nodes, action, why) => {
    const verdict = decideVerdict([{ change, failures: [], ...group }], readyNodes(...nodes), since);
    expect(verdict).toEqual({
      action,
      reason: `general in a: ${why.includes(' of ') && !why.includes('are') ? `${why} are ready` : why}`,
      failed: action === 'fall-back' ? [{ ...change, reason: why }] : [],
    });
  });

  test('of one zone that are given up are given up at once, though another zone’s are on their way', () => {
    const other = { ...change, zone: 'b' };
    const verdict = decideVerdict(
      [
        { change: other, group: groupOf('b', 2), failures: [] },
        {
          change,
          group: groupOf('a', 2, { instances: [] }),
          failures: [failure('2026-03-01T10:00:01Z')],
        },
      ],
      undefined,
      since,
    );
    const failed = [{ ...change, reason: '0 of 2 are there: no capacity' }];
    expect(verdict).toMatchObject({ action: 'fall-back', failed });
  });
});
