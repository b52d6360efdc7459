import { expect, test } from 'vitest';
import { automationRegion, nap } from './automation-region.ts';

const stateMachineArn = 'arn:aws:states:us-east-1:123456789012:stateMachine:replace-etcd-member';
const run = (more: object = {}, inputs: object = {}): object => ({
  name: 'replace',
  action: 'aws:executeStateMachine',
  inputs: {
    stateMachineArn,
    name: 'runbook-{{ automation:EXECUTION_ID }}',
    input: '{"cluster":"{{ ClusterName }}"}',
    ...inputs,
  },
  ...more,
});
const document = (...steps: object[]): object => ({
  parameters: { ClusterName: { type: 'String', default: 'demo' } },
  mainSteps: steps,
  outputs: ['replace.output', 'replace.executionArn'],
});

/** A region with a state machine of one state. */
async function withMachine(state: object) {
  const region = automationRegion();
  await region.kernel.invoke('stepfunctions', 'createStateMachine', {
    name: 'replace-etcd-member',
    roleArn: 'arn:aws:iam::123456789012:role/workflow',
    definition: JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Only', States: { Only: state } }),
  });
  const executions = async () =>
    (
      await region.kernel.invoke<{ executions: { name: string; status: string }[] }>(
        'stepfunctions',
        'listExecutions',
        { stateMachineArn },
      )
    ).executions;
  return { ...region, executions };
}

const wait = { Type: 'Wait', Seconds: 60, Output: { was: '{% $states.input.cluster %}' }, End: true };

test('a step runs a state machine to its end and gives what it gave', async () => {
  const { store, start, standing, clock, ssm, executions } = await withMachine(wait);
  await store(document(run()));
  const id = await start({ ClusterName: ['blue'] });
  expect(await standing(id)).toBe('InProgress, replace InProgress');
  expect(await executions()).toMatchObject([{ name: `runbook-${id}`, status: 'RUNNING' }]);
  const executionArn = `arn:aws:states:us-east-1:123456789012:execution:replace-etcd-member:runbook-${id}`;
  const describe = async () =>
    (await ssm.getAutomationExecution({ AutomationExecutionId: id })).AutomationExecution;
  // The execution's link is there as soon as it runs.
  expect((await describe())?.StepExecutions?.[0]?.Outputs).toMatchObject({
    executionArn: [executionArn],
    status: ['RUNNING'],
  });
  expect((await describe())?.Outputs).toEqual({
    'replace.output': ['No output available yet because the step is not successfully executed'],
    'replace.executionArn': ['No output available yet because the step is not successfully executed'],
  });
  await clock.advance(60_000);
  expect(await standing(id)).toBe('Success, replace Success');
  expect(await describe()).toMatchObject({
    Outputs: { 'replace.output': ['{"was":"blue"}'], 'replace.executionArn': [executionArn] },
    ExecutionStartTime: new Date('2026-01-01T00:00:00.000Z'),
    ExecutionEndTime: new Date('2026-01-01T00:01:00.000Z'),
    StepExecutions: [
      {
        Inputs: {
          stateMachineArn: `"${stateMachineArn}"`,
          name: `"runbook-${id}"`,
          input: '"{\\"cluster\\":\\"blue\\"}"',
        },
        Outputs: {
          stateMachineArn: [stateMachineArn],
          name: [`runbook-${id}`],
          status: ['SUCCEEDED'],
          input: ['{"cluster":"blue"}'],
          startDate: ['2026-01-01T00:00:00.000Z'],
          stopDate: ['2026-01-01T00:01:00.000Z'],
        },
      },
    ],
  });
});

test('an execution that fails fails its step, and says why', async () => {
  const { finish } = await withMachine({
    Type: 'Fail',
    Error: 'QuorumAtRisk',
    Cause: 'slot b is not healthy',
  });
  const { AutomationExecutionStatus, FailureMessage, StepExecutions } = await finish(
    document(run({}, { name: 'one' })),
  );
  expect([AutomationExecutionStatus, FailureMessage]).toEqual([
    'Failed',
    'Step fails when it is Poll action status for completion. The execution arn:aws:states:us-east-1:123456789012:execution:replace-etcd-member:one ended as FAILED: QuorumAtRisk: slot b is not healthy. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.',
  ]);
  expect(StepExecutions?.[0]).toMatchObject({
    StepStatus: 'Failed',
    FailureDetails: { FailureStage: 'PostVerification', FailureType: 'Action' },
    Outputs: { status: ['FAILED'] },
  });
});

test.each<[what: string, inputs: object, message: string]>([
  [
    'a state machine of nobody',
    { stateMachineArn: `${stateMachineArn}s` },
    `Step fails when it is Execute/Cancelling action. An error occurred (StateMachineDoesNotExist) when calling the StartExecution operation: State Machine Does Not Exist: '${stateMachineArn}s'. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.`,
  ],
  [
    'an input that is no text',
    { input: { cluster: 'demo' } },
    'Step fails when it is validating and resolving the step inputs. The input "input" must be a String, and is {"cluster":"demo"}. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.',
  ],
  [
    'an input that is no JSON',
    { input: '{"cluster":"de"mo"}' },
    'An error occurred (InvalidExecutionInput) when calling the StartExecution operation: Invalid State Machine Execution Input: ',
  ],
])('%s fails the step', async (_, inputs, message) => {
  const { finish } = await withMachine(wait);
  expect((await finish(document(run({}, inputs)))).FailureMessage).toContain(message);
});

test('a stopped automation stops its execution, and its other steps never begin', async () => {
  const { store, start, standing, ssm, clock, executions } = await withMachine(wait);
  await store(document(run(), nap('after')));
  const id = await start();
  await clock.advance(10_000);
  await ssm.stopAutomationExecution({ AutomationExecutionId: id });
  await clock.settle();
  expect(await standing(id)).toBe('Cancelled, replace Cancelled, after Pending');
  expect(await executions()).toMatchObject([{ status: 'ABORTED' }]);
  const { AutomationExecution } = await ssm.getAutomationExecution({ AutomationExecutionId: id });
  expect(AutomationExecution?.StepExecutions?.[0]?.Outputs?.status).toEqual(['ABORTED']);
});

test('a step that times out stops its execution', async () => {
  const { finish, executions } = await withMachine(wait);
  const { AutomationExecutionStatus, FailureMessage, StepExecutions } = await finish(
    document(run({ timeoutSeconds: 30 })),
  );
  expect([AutomationExecutionStatus, StepExecutions?.[0]?.StepStatus, FailureMessage]).toEqual([
    'TimedOut',
    'TimedOut',
    'Step timed out while step is waiting for the execution of the state machine. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.',
  ]);
  expect(await executions()).toMatchObject([{ status: 'ABORTED' }]);
});

test('a region that stops leaves no automation and no timer behind, and tells nobody', async () => {
  const { kernel, store, start, standing, clock, events, stop, executions } = await withMachine(wait);
  await store(document(run({ timeoutSeconds: 3600 })));
  const id = await start();
  const before = events.length;
  const calls: string[] = [];
  kernel.onCall(({ service, operation }) => calls.push(`${service}.${operation}`));
  await stop();
  expect(await standing(id)).toBe('Cancelled, replace Cancelled');
  expect(await executions()).toMatchObject([{ status: 'ABORTED' }]);
  expect([events.length - before, clock.pending]).toEqual([0, 0]);
  expect(calls).not.toContain('stepfunctions.stopExecution');
});
