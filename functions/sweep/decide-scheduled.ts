import type { ScheduledEvent } from '../aws/instance-statuses.ts';
import { problemOfOthers } from '../replacement/judge-others.ts';
import type { SweepFinding } from './contracts.ts';
import type { SweptSlot } from './decide-sweep.ts';
import { type ControlPlane, judgedBy } from './observe-control-planes.ts';

export interface ScheduledPolicy {
  /** So long before AWS does what it has scheduled, a person is told what keeps the node from being replaced, seconds. */
  readonly reportSeconds: number;
}

export const scheduledPolicy: ScheduledPolicy = { reportSeconds: 86_400 };

/** A slot in service for whose instance AWS has scheduled something, and what comes first of it. */
interface RetiringSlot {
  readonly slot: string;
  readonly event: ScheduledEvent;
}

/**
 * Whether a node of the control plane is replaced before AWS retires, stops or reboots it: at once, since nothing is won by waiting; the one
 * that is due first, and only where all others are known to be well (S21). Undefined where nothing is scheduled. Pure.
 */
export function decideScheduled(
  controlPlane: ControlPlane,
  policy: ScheduledPolicy,
  now: Date,
): SweepFinding | undefined {
  const { cluster, scheduled, slots } = controlPlane;
  const [first] = slots
    .flatMap((swept) => retires(swept, scheduled) ?? [])
    .toSorted((one, other) => Date.parse(one.event.notBefore) - Date.parse(other.event.notBefore));
  if (!first) return undefined;
  const { slot, event } = first;
  const { code, instanceId, notBefore } = event;
  const found = { cluster, slot, instanceId };
  const fact = `AWS has ${code} for ${instanceId} at ${notBefore}`;
  if (slots.some(({ leased }) => leased))
    return { ...found, action: 'wait', reason: `${fact}; an execution has the cluster in hand` };
  const problem = problemOfOthers(judgedBy(controlPlane), slot, now);
  if (problem === undefined)
    return { ...found, action: 'start-replace-node', reason: `${fact}, and all others are well` };
  const due = Date.parse(notBefore) - now.getTime() <= policy.reportSeconds * 1_000;
  return { ...found, action: due ? 'report' : 'wait', reason: `${fact}, but ${problem}` };
}

function retires(
  { slot, formed, phase, group }: SweptSlot,
  scheduled: readonly ScheduledEvent[],
): RetiringSlot | undefined {
  const instance = group?.instance;
  if (!formed || phase !== 'serving') return undefined;
  if (instance?.lifecycleState !== 'InService' || instance.state !== 'running') return undefined;
  const [event] = scheduled
    .filter(({ instanceId }) => instanceId === instance.instanceId)
    .toSorted((one, other) => Date.parse(one.notBefore) - Date.parse(other.notBefore));
  return event && { slot, event };
}
