import { expect, test } from 'vitest';
import type { Principal } from '../../../region/kernel/kernel.ts';
import { account, administrator, automationRegion, nap, refusal } from './automation-region.ts';

const user = (name: string): Principal => ({ kind: 'user', arn: `arn:aws:iam::${account}:user/${name}` });
const operator: Principal = {
  kind: 'role',
  arn: `arn:aws:iam::${account}:role/people/operator`,
  sessionName: 'olga',
};

const ask = (inputs: object, more: object = {}): object => ({
  name: 'ask',
  action: 'aws:approve',
  inputs: { Message: 'Retire {{ ClusterName }}?', Approvers: ['administrator'], ...inputs },
  ...more,
});
const document = (step: object, ...after: object[]): object => ({
  parameters: {
    ClusterName: { type: 'String', default: 'demo' },
    Approvers: { type: 'StringList', default: [] },
  },
  mainSteps: [step, ...(after.length > 0 ? after : [nap('retire')])],
  outputs: ['ask.ApprovalStatus'],
});

/** A region where the automation of one document waits for approval. */
async function waiting(step: object, parameters?: Record<string, string[]>) {
  const region = automationRegion();
  await region.store(document(step));
  const AutomationExecutionId = await region.start(parameters);
  const send = async (
    type: 'Approve' | 'Reject' | 'Resume',
    by = region.ssm,
    comment?: string,
  ): Promise<void> => {
    const Payload = comment === undefined ? {} : { Payload: { Comment: [comment] } };
    await by.sendAutomationSignal({ AutomationExecutionId, SignalType: type, ...Payload });
    await region.clock.settle();
  };
  const askedStep = async () => {
    const { AutomationExecution } = await region.ssm.getAutomationExecution({ AutomationExecutionId });
    return AutomationExecution?.StepExecutions?.[0];
  };
  return { ...region, id: AutomationExecutionId, send, askedStep };
}

test('an automation waits for its approval, shows what is asked, and goes on', async () => {
  const { ssm, id, standing, askedStep, send, clock } = await waiting(ask({}));
  expect(await standing(id)).toBe('Waiting, ask Waiting, retire Pending');
  expect(await askedStep()).toMatchObject({
    TimeoutSeconds: 604_800,
    Inputs: { Message: '"Retire demo?"', Approvers: '["administrator"]' },
    Outputs: { ApprovalStatus: ['Waiting'], ApproverDecisions: [] },
  });
  await send('Approve', ssm, 'looks good');
  expect(await standing(id)).toBe('InProgress, ask Success, retire InProgress');
  const decision = {
    approver: administrator,
    decision: 'Approve',
    comment: 'looks good',
    time: '2026-01-01T00:00:00.000Z',
  };
  expect((await askedStep())?.Outputs).toEqual({
    ApprovalStatus: ['Approved'],
    ApproverDecisions: [JSON.stringify(decision)],
  });
  await clock.advance(1_000);
  expect(await standing(id)).toBe('Success, ask Success, retire Success');
});

test('a rejection ends the automation, says by whom and why, and nothing after it runs', async () => {
  const { ssm, id, standing, askedStep, send } = await waiting(ask({}));
  await send('Reject', ssm, 'not today');
  expect(await standing(id)).toBe('Failed, ask Failed, retire Pending');
  expect(await askedStep()).toMatchObject({
    Outputs: { ApprovalStatus: ['Rejected'] },
    FailureMessage: `Step fails when it is Poll action status for completion. The approval was rejected by ${administrator}: not today. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.`,
  });
});

test.each<[form: string, approver: string, sender: Principal]>([
  ['user name', 'alice', user('alice')],
  ['user ARN', `arn:aws:iam::${account}:user/alice`, user('alice')],
  ['role ARN', `arn:aws:iam::${account}:role/people/operator`, operator],
  ['ARN of a session', `arn:aws:sts::${account}:assumed-role/operator/olga`, operator],
])('approvers may be named by %s', async (_, approver, sender) => {
  const { id, standing, send, clientOf } = await waiting(ask({ Approvers: [approver] }));
  await send('Approve', clientOf(sender));
  expect(await standing(id)).toBe('InProgress, ask Success, retire InProgress');
});

test('nobody else decides, not even the administrator', async () => {
  const { ssm, id, standing, send, clientOf } = await waiting(ask({ Approvers: ['alice'] }));
  const refused = `InvalidAutomationSignalException: ${administrator} is not an approver of step "ask".`;
  expect(await refusal(send('Approve', ssm))).toBe(refused);
  expect(await refusal(send('Reject', ssm))).toBe(refused);
  expect(await refusal(send('Approve', clientOf({ ...operator, sessionName: 'alice' })))).toBe(
    `InvalidAutomationSignalException: arn:aws:sts::${account}:assumed-role/operator/alice is not an approver of step "ask".`,
  );
  expect(await standing(id)).toBe('Waiting, ask Waiting, retire Pending');
});

test('as many approvals as are required are waited for, one of each approver', async () => {
  const step = ask({ Approvers: '{{ Approvers }}', MinRequiredApprovals: 2 });
  const { id, standing, askedStep, send, clientOf } = await waiting(step, {
    Approvers: ['alice', 'bob', 'carol'],
  });
  await send('Approve', clientOf(user('bob')));
  expect(await standing(id)).toBe('Waiting, ask Waiting, retire Pending');
  expect((await askedStep())?.Outputs).toMatchObject({ ApprovalStatus: ['Waiting'] });
  expect((await askedStep())?.Outputs?.ApproverDecisions).toHaveLength(1);
  expect(await refusal(send('Approve', clientOf(user('bob'))))).toBe(
    `InvalidAutomationSignalException: arn:aws:iam::${account}:user/bob has already decided on step "ask".`,
  );
  await send('Approve', clientOf(user('carol')));
  expect(await standing(id)).toBe('InProgress, ask Success, retire InProgress');
});

test('of two approvals at once, one is the answer and the other comes too late', async () => {
  const { id, standing, send, askedStep, clientOf } = await waiting(ask({ Approvers: ['alice', 'bob'] }));
  const outcomes = await Promise.allSettled(
    ['alice', 'bob'].map((name) => send('Approve', clientOf(user(name)))),
  );
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await standing(id)).toBe('InProgress, ask Success, retire InProgress');
  expect((await askedStep())?.Outputs?.ApproverDecisions).toHaveLength(1);
});

test.each<[what: string, inputs: object, why: string]>([
  ['no approver', { Approvers: [] }, 'Approvers must name 1 to 10 principals, and names 0'],
  [
    'eleven approvers',
    { Approvers: 'abcdefghijk'.split('') },
    'Approvers must name 1 to 10 principals, and names 11',
  ],
  [
    'approvers that are one text',
    { Approvers: 'alice' },
    'The input "Approvers" must be a StringList, and is "alice"',
  ],
  [
    'more approvals than approvers',
    { MinRequiredApprovals: 2 },
    'MinRequiredApprovals must be 1 to 1, and is 2',
  ],
  ['a message that is too long', { Message: 'x'.repeat(4097) }, 'The Message is longer than 4096 characters'],
])('a step with %s fails as soon as it begins', async (_, inputs, why) => {
  const { id, standing, askedStep } = await waiting(ask(inputs));
  expect(await standing(id)).toBe('Failed, ask Failed, retire Pending');
  expect((await askedStep())?.FailureMessage).toBe(
    `Step fails when it is validating and resolving the step inputs. ${why}. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.`,
  );
});

test('nobody deciding for seven days ends the automation', async () => {
  const { id, standing, clock, send } = await waiting(ask({}));
  await clock.advance(7 * 24 * 3_600_000 - 1);
  expect(await standing(id)).toBe('Waiting, ask Waiting, retire Pending');
  await clock.advance(1);
  expect(await standing(id)).toBe('TimedOut, ask TimedOut, retire Pending');
  expect(await refusal(send('Approve'))).toBe(
    `InvalidAutomationSignalException: Approve is not valid for the automation ${id}, which has ended as TimedOut.`,
  );
});

test('a rejection may lead on: its output is not of a step that has succeeded', async () => {
  const { ssm, send, clock, id, standing } = await waiting(
    ask({}, { onFailure: 'step:retire', isCritical: false }),
  );
  await send('Reject');
  await clock.advance(1_000);
  expect(await standing(id)).toBe('Success, ask Failed, retire Success');
  const { AutomationExecution } = await ssm.getAutomationExecution({ AutomationExecutionId: id });
  expect(AutomationExecution?.Outputs).toEqual({
    'ask.ApprovalStatus': ['No output available yet because the step is not successfully executed'],
  });
});

test('a paused automation is resumed by the name of its step', async () => {
  const { ssm, store, start, standing, clock } = automationRegion();
  await store({ mainSteps: [{ name: 'hold', action: 'aws:pause', inputs: {} }, nap('after')] });
  const AutomationExecutionId = await start();
  expect(await standing(AutomationExecutionId)).toBe('Waiting, hold Waiting, after Pending');
  const resume = (Payload?: Record<string, string[]>, SignalType: 'Resume' | 'Approve' = 'Resume') =>
    ssm.sendAutomationSignal({ AutomationExecutionId, SignalType, ...(Payload && { Payload }) });
  expect(await refusal(resume())).toBe(
    'InvalidAutomationSignalException: Resume must name its step in the payload: StepName="step".',
  );
  expect(await refusal(resume({ StepName: ['gone'] }))).toBe(
    `AutomationStepNotFoundException: The specified step name and execution ID don't exist: gone, ${AutomationExecutionId}`,
  );
  expect(await refusal(resume({ StepName: ['after'] }))).toBe(
    `InvalidAutomationSignalException: Resume is not valid for the automation ${AutomationExecutionId}: its step "after" is Pending and waits for no signal.`,
  );
  expect(await refusal(resume(undefined, 'Approve'))).toBe(
    'InvalidAutomationSignalException: Step "hold" (aws:pause) waits for Resume, not for Approve.',
  );
  await resume({ StepName: ['hold'] });
  await clock.advance(1_000);
  expect(await standing(AutomationExecutionId)).toBe('Success, hold Success, after Success');
});

test.each<[type: 'Approve' | 'Resume' | 'StartStep' | 'StopStep' | 'Revoke', answer: RegExp]>([
  ['Approve', /its step "wait" is InProgress and waits for no signal\.$/],
  ['StartStep', /which runs in the mode Auto\.$/],
  ['StopStep', /which runs in the mode Auto\.$/],
  ['Revoke', /which runs in the mode Auto\.$/],
])('%s is no signal for an automation that waits for nobody', async (SignalType, answer) => {
  const { ssm, store, start } = automationRegion();
  await store({ mainSteps: [nap('wait')] });
  const AutomationExecutionId = await start();
  const refused = await refusal(ssm.sendAutomationSignal({ AutomationExecutionId, SignalType }));
  expect(refused).toMatch(/^InvalidAutomationSignalException: /);
  expect(refused).toMatch(answer);
});

test('a signal to an automation of nobody is refused', async () => {
  const { ssm } = automationRegion();
  const send = (AutomationExecutionId: string) =>
    ssm.sendAutomationSignal({ AutomationExecutionId, SignalType: 'Approve' });
  await expect(send('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({
    name: 'AutomationExecutionNotFoundException',
  });
  await expect(send('none')).rejects.toMatchObject({ name: 'ValidationException' });
});
