import { type Executions, executionArnOf } from '../aws/executions.ts';
import type { TaskContext } from '../runtime/task.ts';

/** Attempts that are tried by number before the minute is taken as number: names stay taken for 90 days. */
const numberedAttemptsMax = 5;

export interface NamedRequest {
  readonly stateMachineArn: string;
  /** Names are `<prefix>-<attempt>`. */
  readonly prefix: string;
  readonly input: object;
}

export interface NamedExecution {
  readonly name: string;
  readonly executionArn: string;
  /** False: it runs already, or, where no name was free, has ended. */
  readonly started: boolean;
}

/** Starts a workflow under the first free name `<prefix>-<attempt>`; one that runs is enough (design §4). */
export async function startNamed(
  { stateMachineArn, prefix, input }: NamedRequest,
  executions: Executions,
  { clock, signal }: Pick<TaskContext, 'clock' | 'signal'>,
): Promise<NamedExecution> {
  const minute = Math.floor(clock.now().getTime() / 60_000);
  let latest = `${prefix}-${minute}`;
  const attempts = [...Array.from({ length: numberedAttemptsMax }, (_, index) => index + 1), minute];
  for (const attempt of attempts) {
    const name = `${prefix}-${attempt}`;
    const executionArn = executionArnOf(stateMachineArn, name);
    const { started } = await executions.start({ stateMachineArn, name, input }, signal);
    if (started) return { name, executionArn, started };
    latest = name;
    const present = await executions.describe(executionArn, signal);
    if (present?.status === 'RUNNING') return { name, executionArn, started: false };
  }
  return { name: latest, executionArn: executionArnOf(stateMachineArn, latest), started: false };
}
