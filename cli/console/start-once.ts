import { type Executions, executionArnOf } from '../../functions/aws/executions.ts';
import { CommandError } from '../output.ts';

/** Attempts under one prefix: names of closed executions stay taken for 90 days (reference aws-etcd-kubeadm-facts §4.1). */
const attemptsMax = 100;

/**
 * Starts an execution under the first free name `<prefix>-<attempt>`, or joins the one that runs under such a name: two people who start the
 * same get one, and so does a person who starts what the sweep has started. Throws CommandError when no name is left.
 */
export async function startOnce(
  executions: Executions,
  request: { readonly stateMachineArn: string; readonly prefix: string; readonly input: unknown },
  signal?: AbortSignal,
): Promise<{ readonly executionArn: string; readonly joined: boolean }> {
  const { input, prefix, stateMachineArn } = request;
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const name = `${prefix}-${attempt}`;
    const present = await executions.describe(executionArnOf(stateMachineArn, name), signal);
    if (present?.status === 'RUNNING') return { executionArn: present.executionArn, joined: true };
    if (present) continue;
    const { executionArn, started } = await executions.start({ stateMachineArn, name, input }, signal);
    if (started) return { executionArn, joined: false };
    // Another one was faster by a moment.
    const other = await executions.describe(executionArn, signal);
    if (other?.status === 'RUNNING') return { executionArn, joined: true };
  }
  throw new CommandError(
    `${prefix} has been tried ${attemptsMax} times in 90 days; start the workflow by hand under another name.`,
  );
}
