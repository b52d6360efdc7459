import { describe, expect, test } from 'vitest';
import { createDecisionSource, decisionOf, recordedDecisions } from '../../../cli/console/read-decisions.ts';
import { createExecutionSource } from '../../../cli/console/read-executions.ts';
import { clusterOfExecution } from '../../../cli/executions.ts';
import { record, slotRecord } from './played-readings.ts';

const signal = new AbortController().signal;
const line = (fields: object) =>
  JSON.stringify({ level: 'INFO', timestamp: '2026-03-01T12:00:00.000Z', ...fields });
const found = { message: 'found', cluster: 'demo', slot: 'b', action: 'start-replace', reason: 'i-b waits' };

describe('a line of the log', () => {
  const logged = {
    id: '1',
    at: '2026-03-01T12:00:00.000Z',
    task: 'sweep',
    what: 'found',
    subject: '',
    level: 'INFO',
    details: {},
  };

  test('that says a decision is told', () => {
    const said = { action: 'start-replace', reason: 'i-b waits', slot: 'b', instanceId: 'i-b' };
    expect(decisionOf({ ...logged, ...said })).toEqual({
      id: '1',
      at: '2026-03-01T12:00:00.000Z',
      by: 'sweep',
      subject: 'slot b',
      instanceId: 'i-b',
      action: 'start-replace',
      reason: 'i-b waits',
    });
  });

  test('that says what was done and why is told by what was done', () => {
    expect(
      decisionOf({ ...logged, what: 'terminated', reason: 'it is dead', pool: 'general' }),
    ).toMatchObject({
      subject: 'pool general',
      action: 'terminated',
    });
  });

  test.each([
    ['without a reason', {}],
    ['a decision to do nothing', { action: 'none', reason: 'all is well' }],
    ['a plan that waits, as each look has', { what: 'planned', action: 'wait', reason: 'no pod waits' }],
  ])('that is %s is not', (_, fields) => {
    expect(decisionOf({ ...logged, ...fields })).toBeUndefined();
  });
});

describe('the decisions of a cluster', () => {
  const waits = (seconds: number, at: string) =>
    line({ ...found, action: 'wait', reason: `held ${seconds} s ago`, timestamp: at });
  const events = [
    { eventId: '1', timestamp: 1, message: line(found) },
    { eventId: '3', timestamp: 3, message: waits(60, '2026-03-01T12:01:00.000Z') },
    { eventId: '4', timestamp: 4, message: waits(120, '2026-03-01T12:02:00.000Z') },
  ];

  test('are told the latest first, and what was decided again stands once', async () => {
    const asked: object[] = [];
    const logs = {
      filterLogEvents: async (input: object) => {
        asked.push(input);
        return { $metadata: {}, events };
      },
    };
    const source = createDecisionSource(logs as never, 'trivet', () =>
      Date.parse('2026-03-01T12:03:00.000Z'),
    );
    const decisions = await source.read('demo', signal);
    expect(decisions.map(({ action, at, reason, subject }) => [at, subject, action, reason])).toEqual([
      ['2026-03-01T12:02:00.000Z', 'slot b', 'wait', 'held 120 s ago'],
      ['2026-03-01T12:00:00.000Z', 'slot b', 'start-replace', 'i-b waits'],
    ]);
    expect(asked[0]).toMatchObject({
      logGroupName: '/trivet/tasks',
      filterPattern: '{ $.cluster = "demo" && $.message != "done" }',
      startTime: Date.parse('2026-03-01T11:03:00.000Z'),
    });
    // Nothing that was seen once is seen twice, though the next look goes back a little.
    expect(await source.read('demo', signal)).toHaveLength(2);
    expect(asked[1]).toMatchObject({ startTime: Date.parse('2026-03-01T12:01:00.000Z') });
  });

  test('that the registry remembers are told as well', () => {
    const verdict = { action: 'hold', reason: 'the volume is lost', at: '2026-03-01T12:00:00.000Z' };
    const lastFailure = {
      workflow: 'provision-cluster',
      execution: '',
      step: 'Verify etcd',
      error: 'EtcdUnhealthy',
      message: 'no quorum',
      at: '2026-03-01T11:00:00.000Z',
    };
    const hungReplacement = { slot: 'c', instanceId: 'i-c', at: '2026-03-01T10:00:00.000Z' };
    const repairs = {
      revision: 1,
      ailing: { observedAt: '', since: {} },
      pools: {},
      repairs: [
        {
          pool: 'general',
          zone: 'a',
          instanceId: 'i-wa',
          reason: 'its kubelet is silent',
          replacement: 'after' as const,
          startedAt: '2026-03-01T09:00:00.000Z',
          endedAt: '2026-03-01T09:05:00.000Z',
          outcome: 'replaced' as const,
          remark: 'another is ready',
        },
      ],
    };
    const told = recordedDecisions({
      record: { ...record, hungReplacement, lastFailure },
      repairs,
      slots: [slotRecord('a'), slotRecord('b', { verdict })],
    });
    expect(told.map(({ action, by, reason, subject }) => [by, subject, action, reason])).toEqual([
      ['verdict', 'slot b', 'hold', 'the volume is lost'],
      ['sweep', 'slot c', 'replace-hung-node', 'it hung while all others were well'],
      ['provision-cluster', 'Verify etcd', 'failed', 'no quorum'],
      ['repair-worker', 'pool general', 'begin', 'its kubelet is silent'],
      ['repair-worker', 'pool general', 'replaced', 'another is ready'],
    ]);
  });
});

describe('the cluster of an execution', () => {
  test.each([
    ['provision-cluster', 'demo-0123abcd-1', ['demo'], 'demo'],
    ['provision-cluster', 'fresh-0123abcd-1', ['demo'], 'fresh'],
    ['replace-etcd-member', 'demo-b-i-0b-1', ['demo', 'demo-b'], 'demo-b'],
    ['replace-etcd-member', 'demo-b-i-0b-1', ['demo'], 'demo'],
    ['join-worker', 'other-general-i-0b-1', ['demo'], undefined],
    ['scale-workers', 'demo-two-1767225600000-1', ['demo', 'demo-two'], 'demo-two'],
  ])('%s %s, of clusters %j, is %s', (workflow, name, clusters, expected) => {
    expect(clusterOfExecution({ workflow, name }, clusters)).toBe(expected);
  });
});

describe('executions', () => {
  const arn = (workflow: string) => `arn:aws:states:us-east-1:123456789012:stateMachine:trivet-${workflow}`;
  const executionArn = (workflow: string, name: string) =>
    `${arn(workflow).replace(':stateMachine:', ':execution:')}:${name}`;
  const executions = {
    [arn('join-worker')]: [
      {
        name: 'demo-general-i-1-1',
        status: 'SUCCEEDED',
        startDate: new Date(1_000),
        stopDate: new Date(2_000),
      },
      { name: 'other-general-i-2-1', status: 'RUNNING', startDate: new Date(5_000) },
    ],
    [arn('run-runbook')]: [{ name: 'runbook-1234', status: 'RUNNING', startDate: new Date(3_000) }],
    [arn('scale-workers')]: [{ name: 'demo-4-1', status: 'FAILED', startDate: new Date(4_000) }],
  };
  const described: string[] = [];
  const states = {
    listStateMachines: async () => ({
      stateMachines: [...Object.keys(executions), 'arn:of-something-else'].map((stateMachineArn) => ({
        stateMachineArn,
        name: stateMachineArn.split(':').at(-1),
      })),
    }),
    listExecutions: async ({ stateMachineArn = '' }) => ({
      executions: (executions[stateMachineArn] ?? []).map((one) => ({
        ...one,
        executionArn: executionArn(stateMachineArn.replace(/^.*:trivet-/, ''), one.name),
      })),
    }),
    describeExecution: async (input: { executionArn?: string }) => {
      described.push(input.executionArn ?? '');
      return { input: JSON.stringify({ runbook: 'kick-slot', parameters: { Cluster: 'demo' } }) };
    },
  };

  test('of a cluster are those that run first, a runbook’s by what it was asked', async () => {
    const source = createExecutionSource(states as never, 'trivet');
    const listed = await source.list();
    expect(listed.map(({ name }) => name)).toEqual([
      'other-general-i-2-1',
      'demo-4-1',
      'runbook-1234',
      'demo-general-i-1-1',
    ]);
    const own = await source.select(listed, 'demo', ['demo', 'other']);
    expect(own.map(({ name, status, workflow }) => [workflow, name, status])).toEqual([
      ['run-runbook', 'runbook-1234', 'RUNNING'],
      ['scale-workers', 'demo-4-1', 'FAILED'],
      ['join-worker', 'demo-general-i-1-1', 'SUCCEEDED'],
    ]);
    await source.select(listed, 'demo', ['demo', 'other']);
    expect(described).toEqual([executionArn('run-runbook', 'runbook-1234')]);
  });
});
