import { CommandError, type Output } from '../output.ts';
import type { Target } from '../target.ts';
import { findAutomation, hasEnded, startedWorkflow } from './automations.ts';

/** `trivet runbook approve ID`: says yes, or no, where an automation waits for it. */
export async function approveRunbook(
  target: Target,
  id: string,
  { comment, reject = false }: { readonly comment?: string; readonly reject?: boolean },
  output: Output,
): Promise<number> {
  const { automation, runbook } = await findAutomation(target, id);
  const waits = automation.StepExecutions?.some(
    ({ StepName, StepStatus }) => StepName === 'Approve' && StepStatus === 'Waiting',
  );
  if (!waits)
    throw new CommandError(
      `${runbook.name} ${id} waits for no approval: it is ${automation.AutomationExecutionStatus}.`,
    );
  try {
    await target.ssm.sendAutomationSignal({
      AutomationExecutionId: id,
      SignalType: reject ? 'Reject' : 'Approve',
      ...(comment !== undefined && { Payload: { Comment: [comment] } }),
    });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'InvalidAutomationSignalException') throw error;
    throw new CommandError(`${target.callerArn} may not approve ${id}: ${error.message}`);
  }
  output.say(`${runbook.name} ${id}: ${reject ? 'rejected' : 'approved'}`);
  output.result({ id, runbook: runbook.name, approved: !reject });
  return 0;
}

/** `trivet runbook stop ID`: the automation, and the workflow that it has started; what is left is said. */
export async function stopRunbook(target: Target, id: string, output: Output): Promise<number> {
  const { automation, runbook } = await findAutomation(target, id);
  if (hasEnded(automation)) {
    output.say(`${runbook.name} ${id} has ended already: ${automation.AutomationExecutionStatus}`);
    output.result({ id, runbook: runbook.name, stopped: false });
    return 0;
  }
  const executionArn = await startedWorkflow(target, id);
  await target.ssm.stopAutomationExecution({ AutomationExecutionId: id, Type: 'Cancel' });
  if (executionArn)
    await target.states.stopExecution({ executionArn, cause: `a person stopped the automation ${id}` });
  output.say(`${runbook.name} ${id}: stopped${executionArn ? `, and ${executionArn}` : ''}`);
  output.say(`  ${runbook.whenStopped}`);
  output.result({
    id,
    runbook: runbook.name,
    stopped: true,
    ...(executionArn && { execution: executionArn }),
  });
  return 0;
}
