import { type Executions, executionArnOf } from '../aws/executions.ts';
import type { TaskContext } from '../runtime/task.ts';

/** Attempts that are tried by number before the minute is taken as number: names stay taken for 90 days. */
export const numberedAttemptsMax = 5;

export interface Start {
  readonly workflow: string;
  /** What the execution is of: two starts with the same are one. */
  readonly prefix: string;
  readonly input: object;
}

/** `joined`: one of that name runs already, which is enough. */
export interface Started {
  readonly name: string;
  readonly executionArn: string;
  readonly joined: boolean;
}

/**
 * Starts a workflow under the first free name `<prefix>-<attempt>`; one that runs is enough (design §4). It is looked for first, since Step
 * Functions answers a second start of the same name and input as if it had been the first.
 */
export async function startNamed(
  { input, prefix, workflow }: Start,
  executions: Executions,
  { clock, config, signal }: Pick<TaskContext, 'clock' | 'config' | 'signal'>,
): Promise<Started | undefined> {
  const stateMachineArn = `${config.stateMachineArnPrefix}${workflow}`;
  const minute = Math.floor(clock.now().getTime() / 60_000);
  const attempts = [...Array.from({ length: numberedAttemptsMax }, (_, index) => index + 1), minute];
  for (const attempt of attempts) {
    const name = `${prefix}-${attempt}`;
    const executionArn = executionArnOf(stateMachineArn, name);
    const present = await executions.describe(executionArn, signal);
    if (present?.status === 'RUNNING') return { name, executionArn, joined: true };
    if (present) continue;
    const { started } = await executions.start({ stateMachineArn, name, input }, signal);
    if (started) return { name, executionArn, joined: false };
  }
  return undefined;
}
