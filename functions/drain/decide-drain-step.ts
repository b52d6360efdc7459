import type { DrainDecision, DrainObservation } from './contracts.ts';

/**
 * Causes after which the worker is lost in any case. Its group is told at once, so that a replacement comes while it is drained; its own drain
 * goes on in the terminate hook.
 */
const lostAnyway: readonly DrainObservation['cause'][] = [
  'spot-interruption',
  'rebalance',
  'health-event',
  'repair',
];

const running = ['pending', 'running', 'unknown'];

/**
 * What AWS's side of a drain asks for, first match wins. Pure. Events come twice, late, and for instances of others: whatever is not a worker
 * that leaves, or should, ends the drain with an outcome and is no failure.
 */
export function decideDrainStep(observation: DrainObservation): DrainDecision {
  const { instanceId, known, lifecycleState, waitingInHook, state, cause, afterwards, retiring } =
    observation;
  // Where all workers go, a pod has nowhere to move to.
  if (retiring !== undefined) return ending('not-leaving', retiring);
  if (!known) return ending('foreign', `${instanceId} belongs to no pool of this deployment`);
  if (lifecycleState === 'none') return ending('gone', `its group has no ${instanceId} any more`);
  if (waitingInHook && !running.includes(state))
    return {
      ...going(`${instanceId} is ${state}: nothing runs on it any more`),
      action: 'finish',
      effect: 'complete-hook',
      outcome: 'gone',
    };
  if (!running.includes(state)) return ending('gone', `${instanceId} is ${state}`);
  if (waitingInHook) return { ...going(`${instanceId} waits in its terminate hook`), action: 'evict' };
  // Auto Scaling says `Terminating` for a moment before it says that the instance waits in the hook.
  if (lifecycleState === 'Terminating') return going(`${instanceId} is on its way into its terminate hook`);
  if (lifecycleState.startsWith('Terminat')) return ending('gone', `${instanceId} is ${lifecycleState}`);
  if (lifecycleState !== 'InService')
    return ending('not-leaving', `${instanceId} is ${lifecycleState} and runs no pods`);
  if (afterwards === 'complete-hook')
    return ending('not-leaving', `${instanceId} is in service, and nobody terminates it`);
  if (afterwards === 'terminate' && lostAnyway.includes(cause))
    return {
      ...going(`${instanceId} is lost by ${cause}: its group replaces it while it is drained`),
      action: 'release',
      effect: 'terminate',
    };
  return { ...going(`${instanceId} is drained for ${cause}`), action: 'evict' };
}

function going(reason: string): DrainDecision {
  return { action: 'wait', reason, outcome: 'going', effect: 'none', waitSeconds: 2 };
}

function ending(outcome: DrainDecision['outcome'], reason: string): DrainDecision {
  return { ...going(reason), action: 'none', outcome };
}
