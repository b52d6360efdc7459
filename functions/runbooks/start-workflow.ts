/**
 * Starts the workflow that a runbook is for, or joins the one that somebody else has started with the same input.
 *
 * Safe to repeat: the execution's name comes of what is asked, so that the same is started once.
 */
import { type Executions, executionArnOf, executionLink, makeExecutions } from '../aws/executions.ts';
import { RunbookRefused } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { startNamed } from '../sweep/start-named.ts';
import { startWorkflow } from './contracts.ts';

export const handler = task(
  startWorkflow,
  (config): { executions: Executions } => ({ executions: makeExecutions(config) }),
  async ({ input, prefix, workflow }, { executions }, context) => {
    const { config, log } = context;
    const stateMachineArn = `${config.stateMachineArnPrefix}${workflow}`;
    const started = await startNamed({ stateMachineArn, prefix, input }, executions, context);
    if (!started)
      throw new RunbookRefused(
        `${workflow} ${prefix} has been started too often: wait a minute and run it again`,
      );
    const { joined, name } = started;
    const executionArn = executionArnOf(stateMachineArn, name);
    log.info('started', { workflow, name, joined });
    const reason = joined ? `joined ${workflow} ${name}, which runs already` : `started ${workflow} ${name}`;
    return { executionArn, joined, link: executionLink(config.region, executionArn), reason };
  },
);
