import type { Executions } from '../aws/executions.ts';
import { ConfigInvalid } from '../runtime/errors.ts';
import type { TaskContext } from '../runtime/task.ts';
import { type NamedExecution, startNamed } from '../sweep/start-named.ts';
import type { DrainCause, DrainEnd } from './contracts.ts';

/** Which worker is drained, why, and what becomes of it then. */
export interface DrainStart {
  readonly cluster: string;
  readonly pool: string;
  readonly zone: string;
  readonly instanceId: string;
  readonly cause: DrainCause;
  readonly afterwards: DrainEnd;
  readonly deadlineAt?: string;
}

/** Starts drain-worker for a worker, or finds that one runs for it: whoever starts it, it has one name. */
export function startDrain(
  { afterwards, cause, cluster, deadlineAt, instanceId, pool, zone }: DrainStart,
  executions: Executions,
  { clock, config, signal }: Pick<TaskContext, 'clock' | 'config' | 'signal'>,
): Promise<NamedExecution> {
  const stateMachineArn = config.drainWorkerArn;
  if (!stateMachineArn) throw new ConfigInvalid('the ARN of drain-worker is missing in the environment');
  const input = { cluster, pool, zone, instanceId, cause, afterwards, ...(deadlineAt && { deadlineAt }) };
  const prefix = `${cluster}-${pool}-${instanceId}`;
  return startNamed({ stateMachineArn, prefix, input }, executions, { clock, signal });
}
