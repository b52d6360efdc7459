import type { Execution } from '../aws/executions.ts';
import type { DrainsVerdict, StartedDrain } from './contracts.ts';

/** A drain that was started, and its execution as it is now. */
export interface LookedAtDrain {
  readonly drain: StartedDrain;
  /** Absent: Step Functions does not know it yet. */
  readonly execution: Execution | undefined;
}

/** Outcomes of drain-worker after which its group has the worker no longer, or is about to lose it. */
const gone = ['drained', 'expired', 'gone', 'foreign'];

/**
 * What has become of drains. Pure. All must have ended before any of them is told: a worker that stays, since a pod holds it or its drain
 * failed, is named with the reason.
 */
export function decideDrainsVerdict(looked: readonly LookedAtDrain[]): DrainsVerdict {
  const ends = looked.map(({ drain, execution }) => ({ ...drain, ...endOf(execution) }));
  const going = ends.filter(({ state }) => state === 'going');
  const went = ends.filter(({ state }) => state === 'went').length;
  const counted = `${went} of ${ends.length} ${ends.length === 1 ? 'worker' : 'workers'} drained`;
  if (going.length > 0) {
    const names = going.slice(0, 5).map(({ executionArn }) => executionArn.split(':').at(-1) ?? '');
    const more = going.length > 5 ? ` and ${going.length - 5} more` : '';
    return { action: 'wait', reason: `${counted}; drain-worker goes on: ${names.join(', ')}${more}` };
  }
  const stay = ends.filter(({ state }) => state === 'stays');
  if (stay.length === 0) return { action: 'done', reason: counted };
  const told = stay
    .slice(0, 5)
    .map(({ instanceId, why, zone }) => `${instanceId} in zone ${zone} stays: ${why}`);
  return { action: 'stay', reason: `${counted}; ${told.join('; ')}` };
}

function endOf(execution: Execution | undefined): {
  readonly state: 'going' | 'went' | 'stays';
  readonly why: string;
} {
  if (!execution || execution.status === 'RUNNING') return { state: 'going', why: '' };
  if (execution.status !== 'SUCCEEDED')
    return { state: 'stays', why: `its drain ended as ${execution.error ?? execution.status}` };
  const { outcome, reason } = readOutput(execution.output);
  if (gone.includes(String(outcome))) return { state: 'went', why: '' };
  return { state: 'stays', why: typeof reason === 'string' ? reason : 'its drain does not say how it ended' };
}

function readOutput(output: string | undefined): { readonly outcome?: unknown; readonly reason?: unknown } {
  try {
    return Object(JSON.parse(output ?? '{}'));
  } catch {
    return {};
  }
}
