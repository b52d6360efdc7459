import type { SSM } from '@aws-sdk/client-ssm';
import { CommandError, type Output } from '../output.ts';
import { approveRunbook } from '../runbooks/act.ts';
import { findRunbook, runbookOf, wrapperArnOf } from '../runbooks/automations.ts';
import { beginRunbook } from '../runbooks/start.ts';
import type { Target } from '../target.ts';
import type { ActionAnswer, ActionRequest, ApprovalView } from './contracts.ts';
import { confirmation, offersOfApproval } from './offers.ts';

type RunbookRequest = Omit<ActionRequest, 'kind'>;

/**
 * Starts a runbook: the same SSM Automation document, with the same checks and approvals, as from the AWS console and `trivet runbook`. The
 * one way from the page to what changes a cluster. Throws CommandError naming the parameter that is wrong, before anything is started.
 */
export async function startRunbook(
  target: Target,
  { cluster, confirm, name, parameters }: RunbookRequest,
): Promise<ActionAnswer> {
  const runbook = findRunbook(name);
  const takesName = runbook.parameters.some((parameter) => parameter.name === confirmation);
  const id = await beginRunbook(target, runbook, {
    ...parameters,
    Cluster: cluster,
    ...(takesName && { [confirmation]: confirm ?? '' }),
  });
  const waits = runbook.approval ? ' It waits for an approval.' : '';
  return {
    message: `Started ${name}: automation ${id}.${waits}`,
    ...(!runbook.approval && { executionArn: wrapperArnOf(target, id) }),
  };
}

/** Says yes or no where an automation waits for it. Throws CommandError where it does not, or the caller may not. */
export async function answerApproval(
  target: Target,
  { name, parameters: { automationId = '' } }: RunbookRequest,
): Promise<ActionAnswer> {
  if (name !== 'approve' && name !== 'reject')
    throw new CommandError(`an approval is answered by approve or reject, not by ${name}.`);
  const said: string[] = [];
  const output: Output = { json: false, say: (line) => void said.push(line), result: () => {} };
  await approveRunbook(target, automationId, { reject: name === 'reject' }, output);
  return {
    message: said.join(' '),
    ...(name === 'approve' && { executionArn: wrapperArnOf(target, automationId) }),
  };
}

/** What waits for an approval, of all clusters. */
export async function readApprovals(
  target: Pick<Target, 'deployment'>,
  ssm: Pick<SSM, 'describeAutomationExecutions' | 'getAutomationExecution'>,
): Promise<(ApprovalView & { readonly cluster: string })[]> {
  const { AutomationExecutionMetadataList: waiting = [] } = await ssm.describeAutomationExecutions({
    Filters: [{ Key: 'CurrentAction', Values: ['aws:approve'] }],
  });
  const found = await Promise.all(
    waiting.map(async ({ AutomationExecutionId, DocumentName }) => {
      const runbook = runbookOf(target, DocumentName);
      if (!runbook || AutomationExecutionId === undefined) return [];
      const { AutomationExecution: automation } = await ssm.getAutomationExecution({ AutomationExecutionId });
      if (automation?.AutomationExecutionStatus !== 'Waiting') return [];
      const { ExecutedBy = '', ExecutionStartTime, Parameters = {} } = automation;
      const cluster = Parameters.Cluster?.[0] ?? '';
      return [
        {
          cluster,
          automationId: AutomationExecutionId,
          runbook: runbook.name,
          title: runbook.title,
          startedAt: ExecutionStartTime?.toISOString() ?? '',
          by: ExecutedBy,
          approvers: Parameters.Approvers ?? [],
          offers: offersOfApproval(cluster, AutomationExecutionId, runbook.title),
        },
      ];
    }),
  );
  return found.flat();
}
