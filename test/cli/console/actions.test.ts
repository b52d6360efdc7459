import { describe, expect, test } from 'vitest';
import { isLoopback } from '../../../cli/console/breaks.ts';
import type { ActionRequest } from '../../../cli/console/contracts.ts';
import { carryOut } from '../../../cli/console/open-console.ts';
import { readApprovals } from '../../../cli/console/runbooks.ts';
import type { Target } from '../../../cli/target.ts';

const started: object[] = [];
const signals: object[] = [];
const waiting = {
  AutomationExecutionId: '1234',
  DocumentName: 'trivet-kick-slot',
  AutomationExecutionStatus: 'Waiting',
  ExecutedBy: 'arn:aws:iam::123456789012:user/one',
  ExecutionStartTime: new Date('2026-03-01T12:00:00Z'),
  Parameters: { Cluster: ['demo'], Approvers: ['arn:aws:iam::123456789012:user/other'] },
  StepExecutions: [{ StepName: 'Approve', StepStatus: 'Waiting' }],
};
const ssm = {
  startAutomationExecution: async (input: object) => {
    started.push(input);
    return { AutomationExecutionId: '5678' };
  },
  sendAutomationSignal: async (input: object) => void signals.push(input),
  describeAutomationExecutions: async () => ({
    AutomationExecutionMetadataList: [waiting, { ...waiting, DocumentName: 'AWS-StopEC2Instance' }],
  }),
  getAutomationExecution: async () => ({ AutomationExecution: waiting }),
};
const target = {
  endpoint: undefined,
  region: 'us-east-1',
  deployment: 'trivet',
  callerArn: 'arn:aws:iam::123456789012:user/one',
  ssm,
  stateMachineArn: (workflow: string) =>
    `arn:aws:states:us-east-1:123456789012:stateMachine:trivet-${workflow}`,
} as unknown as Target;
const ec2 = {
  terminateInstances: async () => {
    throw new Error('nothing is terminated in this test');
  },
};
const act = (request: Partial<ActionRequest>) =>
  carryOut(target, { kind: 'runbook', name: '', cluster: 'demo', parameters: {}, ...request }, ec2 as never);

describe('a runbook', () => {
  test('is started as its document, by the parameters that the page gives, and its execution is named', async () => {
    expect(await act({ name: 'kick-slot', parameters: { Slot: 'b' } })).toEqual({
      message: 'Started kick-slot: automation 5678.',
      executionArn: 'arn:aws:states:us-east-1:123456789012:execution:trivet-run-runbook:runbook-5678',
    });
    expect(started.at(-1)).toEqual({
      DocumentName: 'trivet-kick-slot',
      Parameters: { Cluster: ['demo'], Slot: ['b'] },
    });
  });

  test.each([
    [
      'there is none of that name',
      { name: 'burn' },
      /^there is no runbook burn; there are: provision-cluster/,
    ],
    [
      'a parameter is wrong',
      { name: 'kick-slot', parameters: { Slot: 'z' } },
      /^Slot: "z" is none of a, b, c, d, e, f\./,
    ],
    ['one is missing', { name: 'pause-automation', parameters: {} }, /^Reason: must be given\./],
    [
      'the name of the cluster was not typed',
      { name: 'drain-worker', parameters: { InstanceId: 'i-0123456789abcdef0' } },
      /^confirm: type the name of the cluster, demo, to have this done\.$/,
    ],
    [
      'another name was typed',
      { name: 'drain-worker', parameters: { InstanceId: 'i-0123456789abcdef0' }, confirm: 'prod' },
      /^confirm: type the name of the cluster, demo/,
    ],
  ])('is not started where %s', async (_, request, message) => {
    const before = started.length;
    await expect(act(request)).rejects.toThrow(message);
    expect(started).toHaveLength(before);
  });

  test('that is destructive is started once the name was typed', async () => {
    const parameters = { InstanceId: 'i-0123456789abcdef0', Afterwards: 'keep' };
    await act({ name: 'drain-worker', parameters, confirm: 'demo' });
    expect(started.at(-1)).toMatchObject({
      Parameters: { Cluster: ['demo'], InstanceId: ['i-0123456789abcdef0'], Afterwards: ['keep'] },
    });
  });
});

describe('a runbook that takes something away', () => {
  const retire = { name: 'retire-cluster', parameters: { Volumes: 'delete' } };

  test('gets the name that was typed, and waits for the approval of whoever started it', async () => {
    expect(await act({ ...retire, confirm: 'demo' })).toEqual({
      message: 'Started retire-cluster: automation 5678. It waits for an approval.',
    });
    expect(started.at(-1)).toEqual({
      DocumentName: 'trivet-retire-cluster',
      Parameters: {
        Cluster: ['demo'],
        Confirm: ['demo'],
        Volumes: ['delete'],
        Approvers: ['arn:aws:iam::123456789012:user/one'],
      },
    });
  });

  test('is not started without', async () => {
    const before = started.length;
    await expect(act(retire)).rejects.toThrow(/^confirm: type the name of the cluster, demo/);
    expect(started).toHaveLength(before);
  });
});

describe('an approval', () => {
  test('that is waited for is found, with whose it is, and of Trivet’s runbooks alone', async () => {
    expect(await readApprovals(target, ssm as never)).toMatchObject([
      {
        cluster: 'demo',
        automationId: '1234',
        runbook: 'kick-slot',
        approvers: ['arn:aws:iam::123456789012:user/other'],
        offers: [{ name: 'approve' }, { name: 'reject' }],
      },
    ]);
  });

  test('is given once the name was typed, and refused without', async () => {
    const parameters = { automationId: '1234' };
    await expect(act({ kind: 'approval', name: 'approve', parameters })).rejects.toThrow(/^confirm: /);
    expect(await act({ kind: 'approval', name: 'approve', parameters, confirm: 'demo' })).toMatchObject({
      message: 'kick-slot 1234: approved',
    });
    await act({ kind: 'approval', name: 'reject', parameters });
    expect(signals).toEqual([
      { AutomationExecutionId: '1234', SignalType: 'Approve' },
      { AutomationExecutionId: '1234', SignalType: 'Reject' },
    ]);
  });

  test('is answered by nothing else', async () => {
    await expect(act({ kind: 'approval', name: 'maybe', parameters: {} })).rejects.toThrow(
      'an approval is answered by approve or reject, not by maybe.',
    );
  });
});

describe('breaking', () => {
  test.each([
    ['kill-instance', { instanceId: 'i-0123456789abcdef0' }],
    ['cut-zone', { zone: 'us-east-1a' }],
  ])('%s on AWS is refused', async (name, parameters) => {
    await expect(act({ kind: 'break', name, parameters })).rejects.toThrow(
      'this is no embedded region: nothing is broken on AWS.',
    );
  });

  test('names what is missing, and what there is', async () => {
    await expect(act({ kind: 'break', name: 'kill-instance' })).rejects.toThrow('instanceId: it is missing.');
    await expect(act({ kind: 'break', name: 'set-fire' })).rejects.toThrow(
      'nothing is broken by set-fire; there are: kill-instance, lose-volume, cut-zone, join-zone.',
    );
    await expect(
      act({ kind: 'break', name: 'lose-volume', parameters: { volumeId: 'vol-1' } }),
    ).rejects.toThrow(/^confirm: /);
  });

  test.each([
    ['http://127.0.0.1:4566', true],
    ['http://localhost:4566', true],
    ['http://[::1]:4566', true],
    ['http://127.9.8.7', true],
    ['https://ec2.us-east-1.amazonaws.com', false],
    ['http://127.0.0.1.example.com', false],
    ['http://localhost.example.com', false],
  ])('is looked for on this machine alone: %s is %s', (endpoint, expected) => {
    expect(isLoopback(endpoint)).toBe(expected);
  });
});
