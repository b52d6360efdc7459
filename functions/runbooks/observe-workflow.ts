/**
 * Looks at the workflow that a runbook has started.
 *
 * Changes nothing, so a repeat is safe.
 */
import { type Executions, makeExecutions } from '../aws/executions.ts';
import { RunbookRefused } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { observeWorkflow } from './contracts.ts';
import { decideWait } from './decide-wait.ts';

export const handler = task(
  observeWorkflow,
  (config): { executions: Pick<Executions, 'describe'> } => ({ executions: makeExecutions(config) }),
  async ({ executionArn }, { executions }, { clock, signal }) => {
    const execution = await executions.describe(executionArn, signal);
    if (!execution) throw new RunbookRefused(`there is no execution ${executionArn}`);
    const decision = decideWait(execution, clock.now());
    const { output } = execution;
    return { decision, ...(output !== undefined && { output }) };
  },
);
