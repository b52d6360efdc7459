import type { SweepFinding } from './contracts.ts';
import type { SweptWorker } from './observe-workers.ts';

/** What should be running for a worker (design §8). Pure. One that waits in its hook needs somebody to let it join. */
export function decideWorkerSweep({ lifecycleState, drain: _, ...worker }: SweptWorker): SweepFinding {
  if (lifecycleState === 'Pending:Wait')
    return { ...worker, action: 'start-join', reason: `${worker.instanceId} waits to join` };
  return { ...worker, action: 'none', reason: `${worker.instanceId} is ${lifecycleState}` };
}
