import type { LaunchFailure } from '../aws/launch-failure.ts';
import type { SweepFinding } from './contracts.ts';

/** What is known of the launches of a group that has no instance, though its network interface is free. */
export interface LaunchObservation {
  /** Failed launches since one last brought an instance, newest first. */
  readonly failures: readonly LaunchFailure[];
  /** The spec's list, first choice first. */
  readonly instanceTypes: readonly string[];
  /** Of the template version that the group uses; absent when it was not asked for, or is not there. */
  readonly instanceType?: string;
}

export interface LaunchPolicy {
  /** A group whose launches fail is kicked no more often than this: each failure is an event that would kick it again. */
  readonly launchRetrySeconds: number;
  /** Once every type has failed, each is given this long before the next. A launch template has at most 10,000 versions. */
  readonly roundPauseSeconds: number;
}

export type Judgement = Omit<SweepFinding, 'cluster' | 'slot'>;

/**
 * How such a group comes to an instance. AWS alone would launch again, but slowly after failures, and never another type: on a capacity
 * error the next of the spec's list takes its place (design §3). Pure.
 */
export function decideLaunch(
  { failures, instanceTypes, instanceType: present }: LaunchObservation,
  policy: LaunchPolicy,
  now: Date,
): Judgement {
  const [latest] = failures;
  if (!latest || latest.kind === 'interface-in-use')
    return { action: 'kick-launch', reason: 'the network interface is free and there is no instance' };
  if (latest.kind === 'other') {
    const age = secondsSince(latest.at, now);
    const reason = `the last launch failed ${age} s ago: ${latest.message}`;
    return { action: age < policy.launchRetrySeconds ? 'wait' : 'kick-launch', reason };
  }
  if (present === undefined)
    return { action: 'report', reason: 'its launch template is gone: provision the cluster again' };
  const failed = latest.instanceType ?? present;
  if (failed !== present)
    return {
      action: 'kick-launch',
      reason: `${failed} had no capacity, and ${present} is still to be tried`,
    };
  return decideNextType({ failures, instanceTypes, present }, policy, now);
}

interface Scarcity {
  readonly failures: readonly LaunchFailure[];
  readonly instanceTypes: readonly string[];
  readonly present: string;
}

/** The type after the one that failed, cyclically. Types that were not tried since the last instance come first, and at once. */
function decideNextType(
  { failures, instanceTypes, present }: Scarcity,
  policy: LaunchPolicy,
  now: Date,
): Judgement {
  const scarce = failures.filter(({ kind }) => kind === 'capacity');
  const typeOf = ({ instanceType = present }: LaunchFailure) => instanceType;
  const tried = new Set(scarce.map(typeOf));
  const position = instanceTypes.indexOf(present) + 1;
  const order = [...instanceTypes.slice(position), ...instanceTypes.slice(0, position)];
  const untried = order.find((type) => !tried.has(type));
  const move = { action: 'next-instance-type', failedInstanceType: present } as const;
  if (untried !== undefined)
    return { ...move, instanceType: untried, reason: `${present} has no capacity: ${untried} is next` };
  const [next = present] = order;
  const reason = `no instance type of the spec has capacity: ${instanceTypes.join(', ')}`;
  if (next === present) {
    const age = secondsSince(failures[0]?.at ?? '', now);
    if (age < policy.launchRetrySeconds) return { action: 'report', reason };
    return { action: 'kick-launch', reason, alarming: true };
  }
  const current = scarce.slice(
    0,
    Math.max(
      1,
      scarce.findIndex((failure) => typeOf(failure) !== present),
    ),
  );
  const failingSince = current.at(-1)?.at ?? '';
  if (secondsSince(failingSince, now) < policy.roundPauseSeconds) return { action: 'report', reason };
  return { ...move, instanceType: next, reason: `${reason}; ${next} is tried again`, alarming: true };
}

function secondsSince(at: string, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(at)) / 1000);
}
