import { setTimeout as sleep } from 'node:timers/promises';
import type { AutomationExecution } from '@aws-sdk/client-ssm';
import { findExecution } from '../executions.ts';
import { follow, unwrapCause } from '../follow.ts';
import type { Output } from '../output.ts';
import type { Target } from '../target.ts';
import { findAutomation, hasEnded, startedWorkflow, wrapperArnOf } from './automations.ts';

const pollMilliseconds = { embedded: 300, aws: 2_000 };

/** `trivet runbook watch ID`: follows the steps, the workflow behind them, and gives the result. Ctrl-C ends the watching alone. */
export async function watchRunbook(target: Target, id: string, output: Output): Promise<number> {
  const milliseconds = target.endpoint === undefined ? pollMilliseconds.aws : pollMilliseconds.embedded;
  const told = new Set<string>();
  let followed = false;
  for (;;) {
    const { automation, runbook } = await findAutomation(target, id);
    for (const line of linesOf(automation))
      if (!told.has(line)) {
        told.add(line);
        output.say(`  ${line}`);
      }
    if (hasEnded(automation)) return tellEnd(target, { automation, id, runbook: runbook.name }, output);
    if (stepOf(automation, 'Run') === 'InProgress' && !followed) {
      followed = true;
      await followWorkflow(target, id, output, milliseconds);
    }
    await sleep(milliseconds);
  }
}

function stepOf({ StepExecutions = [] }: AutomationExecution, name: string): string | undefined {
  return StepExecutions.find(({ StepName }) => StepName === name)?.StepStatus;
}

function linesOf({ StepExecutions = [] }: AutomationExecution): string[] {
  return StepExecutions.filter(({ StepStatus }) => StepStatus !== undefined && StepStatus !== 'Pending').map(
    ({ StepName, StepStatus }) =>
      StepName === 'Approve' && StepStatus === 'Waiting'
        ? 'Approve: waits for an approval'
        : `${StepName}: ${StepStatus}`,
  );
}

/** The states of `run-runbook`, as far as it has begun. */
async function followWorkflow(
  target: Target,
  id: string,
  output: Output,
  milliseconds: number,
): Promise<void> {
  const executionArn = wrapperArnOf(target, id);
  if (!(await findExecution(target, executionArn))) return;
  const live = !output.json && process.stdout.isTTY === true;
  await follow(target.states, executionArn, {
    say: (line) => output.say(`  ${line}`),
    live,
    pollMilliseconds: milliseconds,
  });
}

async function tellEnd(
  target: Target,
  { automation, id, runbook }: { automation: AutomationExecution; id: string; runbook: string },
  output: Output,
): Promise<number> {
  const { AutomationExecutionStatus: status = '', FailureMessage } = automation;
  const execution = await startedWorkflow(target, id);
  const wrapper = await findExecution(target, wrapperArnOf(target, id));
  const cause = wrapper?.cause === undefined ? FailureMessage : unwrapCause(wrapper.cause);
  const succeeded = status === 'Success';
  output.say(
    `${runbook}: ${succeeded ? 'done' : status.toLowerCase()}${succeeded || !cause ? '' : `: ${cause}`}`,
  );
  if (execution) output.say(`  execution: ${execution}`);
  const given: unknown = wrapper?.output === undefined ? undefined : JSON.parse(wrapper.output);
  output.result({
    id,
    runbook,
    status,
    ...(execution !== undefined && { execution }),
    ...(given !== undefined && { output: given }),
    ...(!succeeded && cause !== undefined && { cause }),
  });
  return succeeded ? 0 : 1;
}
