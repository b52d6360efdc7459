/**
 * Starts the workflow that a runbook is for, or joins the one that somebody else has started with the same input.
 *
 * Safe to repeat: the execution's name comes of what is asked, so that the same is started once.
 */
import { type Executions, executionLink, makeExecutions } from '../aws/executions.ts';
import { RunbookRefused } from '../runtime/errors.ts';
import { task } from '../runtime/task.ts';
import { startNamed } from '../sweep/start-named.ts';
import { startWorkflow } from './contracts.ts';

export const handler = task(
  startWorkflow,
  (config): { executions: Executions } => ({ executions: makeExecutions(config) }),
  async (request, { executions }, context) => {
    const { prefix, workflow } = request;
    const started = await startNamed(request, executions, context);
    if (!started)
      throw new RunbookRefused(
        `${workflow} ${prefix} has been started too often: wait a minute and run it again`,
      );
    const { executionArn, joined, name } = started;
    context.log.info('started', { workflow, name, joined });
    const reason = joined ? `joined ${workflow} ${name}, which runs already` : `started ${workflow} ${name}`;
    return { executionArn, joined, link: executionLink(context.config.region, executionArn), reason };
  },
);
