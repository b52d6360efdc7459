import type { Executions } from '../aws/executions.ts';
import type { TaskContext } from '../runtime/task.ts';
import { type Started, startNamed } from '../sweep/start-named.ts';
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

/** Starts drain-worker for a worker, or finds that one runs for it: whoever starts it, it has one name. Undefined: none is free now. */
export function startDrain(
  { afterwards, cause, cluster, deadlineAt, instanceId, pool, zone }: DrainStart,
  executions: Executions,
  context: Pick<TaskContext, 'clock' | 'config' | 'signal'>,
): Promise<Started | undefined> {
  // In one order: a second start of the same is one with the first only where its input reads the same.
  const input = { cluster, pool, zone, instanceId, cause, afterwards, ...(deadlineAt && { deadlineAt }) };
  const prefix = `${cluster}-${pool}-${instanceId}`;
  return startNamed({ workflow: 'drain-worker', prefix, input }, executions, context);
}
