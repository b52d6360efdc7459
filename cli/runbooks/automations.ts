import type { AutomationExecution } from '@aws-sdk/client-ssm';
import { executionArnOf } from '../../functions/aws/executions.ts';
import { type Runbook, runbooks } from '../../functions/runbooks/definitions.ts';
import { findExecution } from '../executions.ts';
import { eventsAfter } from '../history.ts';
import { CommandError } from '../output.ts';
import type { Target } from '../target.ts';

/** The runbook of that name. Throws CommandError that lists them. */
export function findRunbook(name: string): Runbook {
  const found = runbooks.find((one) => one.name === name);
  if (found) return found;
  throw new CommandError(
    `there is no runbook ${name}; there are: ${runbooks.map((one) => one.name).join(', ')}.`,
  );
}

/** The runbook of a document; undefined for one that is not of this deployment. */
export function runbookOf({ deployment }: Pick<Target, 'deployment'>, document = ''): Runbook | undefined {
  return runbooks.find(({ name }) => document === `${deployment}-${name}`);
}

/** An automation with its runbook. Throws CommandError where there is none of that ID, or it is of something else. */
export async function findAutomation(
  target: Target,
  id: string,
): Promise<{ readonly automation: AutomationExecution; readonly runbook: Runbook }> {
  const found = await target.ssm
    .getAutomationExecution({ AutomationExecutionId: id })
    .catch((error: unknown) => {
      const unknown = error instanceof Error && /NotFound|ValidationException/.test(error.name);
      if (unknown) return undefined;
      throw error;
    });
  const automation = found?.AutomationExecution;
  const runbook = automation && runbookOf(target, automation.DocumentName);
  if (automation && runbook) return { automation, runbook };
  throw new CommandError(`there is no automation ${id} of Trivet; trivet runbook list shows the latest.`);
}

/** The execution of `run-runbook` that an automation runs, whether it has begun or not. */
export function wrapperArnOf(target: Target, id: string): string {
  return executionArnOf(target.stateMachineArn('run-runbook'), `runbook-${id}`);
}

/** The workflow that an automation has started or joined; undefined where there is none (yet). */
export async function startedWorkflow(target: Target, id: string): Promise<string | undefined> {
  const executionArn = wrapperArnOf(target, id);
  if (!(await findExecution(target, executionArn))) return undefined;
  const events = await eventsAfter(target.states, executionArn, 0);
  const started = events.find(({ stateExitedEventDetails: left }) => left?.name === 'Start workflow');
  const { output = '{}' } = started?.stateExitedEventDetails ?? {};
  return (JSON.parse(output) as { executionArn?: string }).executionArn;
}

/** Whether an automation has come to its end. */
export function hasEnded({ AutomationExecutionStatus: status }: AutomationExecution): boolean {
  return [
    'Success',
    'Failed',
    'TimedOut',
    'Cancelled',
    'Rejected',
    'CompletedWithSuccess',
    'CompletedWithFailure',
  ].includes(status ?? '');
}
