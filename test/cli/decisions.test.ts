import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, test } from 'vitest';
import { sinceOf } from '../../cli/commands/events.ts';
import {
  isTelling,
  readDecisions,
  renderDecision,
  sameDecision,
  withoutRepeats,
} from '../../cli/decisions.ts';

const asked: unknown[] = [];
/** Two pages of the log, the later line first. */
const target = (lines: readonly string[]) => ({
  deployment: 'trivet',
  logs: {
    filterLogEvents: async (request: { nextToken?: string }) => {
      asked.push(request);
      const at = Number(request.nextToken ?? 0);
      const events = [{ eventId: `e${at}`, timestamp: 0, message: lines[at] }];
      return { events, ...(at + 1 < lines.length && { nextToken: String(at + 1) }) };
    },
  } as unknown as CloudWatchLogs,
});
const line = (fields: object) =>
  JSON.stringify({ level: 'INFO', service: 'sweep', cluster: 'demo', requestId: 'r', ...fields });
const since = new Date('2026-03-01T11:00:00.000Z');

test('lines of a cluster become what was decided and done, oldest first, and what is no line is left out', async () => {
  const lines = [
    line({
      timestamp: '2026-03-01T12:00:01.000Z',
      message: 'terminated',
      pool: 'general',
      zone: 'b',
      instanceId: 'i-1',
      decrement: false,
    }),
    line({
      timestamp: '2026-03-01T12:00:00.000Z',
      message: 'found',
      slot: 'b',
      action: 'start-replace',
      reason: 'it waits',
    }),
    'START RequestId: r Version: 1',
    line({
      timestamp: '2026-03-01T12:00:02.000Z',
      level: 'WARN',
      message: 'failed',
      error: { name: 'AwsThrottled', message: 'slow down' },
    }),
  ];
  const found = await readDecisions(target(lines), 'demo', { since });
  expect(found.map(renderDecision)).toEqual([
    '2026-03-01T12:00:00.000Z  sweep                 slot b  found: start-replace: it waits',
    '2026-03-01T12:00:01.000Z  sweep                 pool general, zone b, i-1  terminated {"decrement":false}',
    '2026-03-01T12:00:02.000Z  sweep                 WARN failed: AwsThrottled: slow down',
  ]);
  expect(asked[0]).toEqual({
    logGroupName: '/trivet/tasks',
    filterPattern: '{ $.cluster = "demo" && $.message != "done" }',
    startTime: since.getTime(),
  });
});

test.each([
  ['b', '{ $.cluster = "demo" && $.message != "done" && $.slot = "b" }'],
  ['i-1', '{ $.cluster = "demo" && $.message != "done" && $.instanceId = "i-1" }'],
])('of %s alone, the log is asked for it', async (subject, filterPattern) => {
  asked.length = 0;
  await readDecisions(target([line({})]), 'demo', { since, subject });
  expect(asked).toMatchObject([{ filterPattern }]);
});

test.each([
  ['30m', '2026-03-01T11:30:00.000Z'],
  ['2h', '2026-03-01T10:00:00.000Z'],
  ['3d', '2026-02-26T12:00:00.000Z'],
])('--since %s is %s', (text, at) => {
  expect(sinceOf(text, new Date('2026-03-01T12:00:00.000Z')).toISOString()).toBe(at);
});

test.each(['', 'h', '0h', '2 hours', '-1d'])('--since %j is refused', (text) => {
  expect(() => sinceOf(text, new Date())).toThrow(
    'write a number of minutes, hours or days, such as 30m, 2h or 3d.',
  );
});

describe('of what was decided', () => {
  const found = { id: '1', task: 'sweep', what: 'found', subject: 'slot b', level: 'INFO', details: {} };
  const at = (minute: number) => `2026-03-01T12:0${minute}:00.000Z`;

  test('the same again and again stands once, as of the latest time, whatever its numbers', () => {
    const first = { ...found, at: at(0), action: 'wait', reason: 'away for 10 s' };
    const other = { ...found, at: at(1), action: 'kick-launch', reason: 'away for 70 s' };
    const again = { ...first, at: at(2), reason: 'away for 130 s' };
    expect(withoutRepeats([again, first, other], sameDecision)).toEqual([other, again]);
  });

  test.each([
    ['without a reason', { action: 'wait' }, false],
    ['that nothing was to be done', { action: 'none', reason: 'it is in service' }, false],
    ['that the next look is awaited', { what: 'planned', action: 'wait', reason: 'later' }, false],
    ['that something was decided', { action: 'start-replace', reason: 'it waits' }, true],
    ['that something was done', { what: 'terminated', reason: 'it is dead' }, true],
  ])('a line %s tells something or nothing', (_, fields, tells) => {
    expect(isTelling({ ...found, ...fields })).toBe(tells);
  });
});
