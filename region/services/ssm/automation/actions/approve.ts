import { AwsError, NotPlayedError } from '../../../../kernel/errors.ts';
import type { Kernel, Principal } from '../../../../kernel/kernel.ts';
import type { JsonObject } from '../../../../states/json.ts';
import { sessionArn } from '../../../common/session-arn.ts';
import { StepFailure } from '../errors.ts';
import type { Action, Signal, Visit } from './action.ts';
import { integerInput, optionalText, textsInput } from './inputs.ts';

const day = 24 * 3600;
const approversMax = 10;
const messageCharactersMax = 4096;

interface Decision {
  readonly approver: string;
  readonly decision: 'Approve' | 'Reject';
  readonly comment: string;
  readonly time: string;
}

/**
 * Waits until enough of the named approvers have approved, or one has rejected, which fails the step. A notification would need SNS, which
 * the region does not play.
 */
export const approve: Action = {
  inputs: { required: ['Approvers'], optional: ['NotificationArn', 'Message', 'MinRequiredApprovals'] },
  defaultTimeoutSeconds: 7 * day,
  longestTimeoutSeconds: 30 * day,
  doing: 'waiting for approvals',
  canFollowCancel: false,
  outputs: () => ['ApprovalStatus', 'ApproverDecisions'],
  check: (_kernel, { inputs }) => {
    if (inputs.NotificationArn !== undefined)
      throw new NotPlayedError('NotificationArn of aws:approve (it has no SNS)');
  },
  run: async (visit) => {
    const { approvers, required } = readInputs(visit.inputs);
    const decisions: Decision[] = [];
    const show = (ApprovalStatus: 'Waiting' | 'Approved' | 'Rejected'): JsonObject => {
      const outputs = { ApprovalStatus, ApproverDecisions: decisions.map((decision) => ({ ...decision })) };
      visit.report(outputs);
      return outputs;
    };
    show('Waiting');
    const status = await visit.receiveSignals((signal) => {
      decisions.push(decide(visit, approvers, decisions, signal));
      if (signal.type === 'Reject') return 'Rejected';
      if (decisions.length >= required) return 'Approved';
      show('Waiting');
      return undefined;
    });
    const outputs = show(status);
    if (status === 'Approved') return { outputs };
    const { approver, comment } = decisions.at(-1) ?? { approver: '', comment: '' };
    throw new StepFailure(
      'PostVerification',
      `The approval was rejected by ${approver}${comment === '' ? '' : `: ${comment}`}`,
    );
  },
};

function readInputs(inputs: JsonObject): {
  readonly approvers: readonly string[];
  readonly required: number;
} {
  const approvers = textsInput(inputs, 'Approvers');
  const required = integerInput(inputs, 'MinRequiredApprovals', 1);
  const message = optionalText(inputs, 'Message') ?? '';
  const refuse = (why: string): StepFailure => new StepFailure('InputValidation', why);
  if (approvers.length < 1 || approvers.length > approversMax)
    throw refuse(`Approvers must name 1 to ${approversMax} principals, and names ${approvers.length}`);
  if (required < 1 || required > approvers.length)
    throw refuse(`MinRequiredApprovals must be 1 to ${approvers.length}, and is ${required}`);
  if (message.length > messageCharactersMax)
    throw refuse(`The Message is longer than ${messageCharactersMax} characters`);
  return { approvers, required };
}

/** A signal as a decision. Throws InvalidAutomationSignalException for one that is not for this step, or not from an approver. */
function decide(
  { kernel, step }: Visit,
  approvers: readonly string[],
  before: readonly Decision[],
  { type, comment = '', sender }: Signal,
): Decision {
  const approver = sessionArn(kernel.accountId, sender);
  const refuse = (why: string): AwsError => new AwsError('InvalidAutomationSignalException', why);
  if (type === 'Resume')
    throw refuse(`Step "${step.name}" (aws:approve) waits for Approve or Reject, not for Resume.`);
  if (!namesOf(kernel, sender).some((name) => approvers.includes(name)))
    throw refuse(`${approver} is not an approver of step "${step.name}".`);
  if (before.some((decision) => decision.approver === approver))
    throw refuse(`${approver} has already decided on step "${step.name}".`);
  return { approver, decision: type, comment, time: kernel.clock.now().toISOString() };
}

/** The forms in which Approvers may name a caller: user name, user ARN, role ARN, the ARN of a role's session. */
function namesOf(kernel: Kernel, principal: Principal): string[] {
  const { kind, arn } = principal;
  if (kind === 'user') return [arn, arn.slice(arn.lastIndexOf('/') + 1)];
  return kind === 'role' ? [arn, sessionArn(kernel.accountId, principal)] : [];
}
