import type { AutoScaling as AutoScalingClient, ScalingProcessQuery } from '@aws-sdk/client-auto-scaling';
import type { Operations } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import { type ProcessName, processNames } from './group.ts';
import { type AutoScaling, groupNamed, invalid } from './store.ts';

/** The processes of a request; all of them when it names none. @throws AwsError ValidationError */
function processesOf(input: ScalingProcessQuery): readonly ProcessName[] {
  onlyPlayed('autoscaling suspension', input, ['AutoScalingGroupName', 'ScalingProcesses']);
  if (!input.ScalingProcesses?.length) return processNames;
  return input.ScalingProcesses.map((name) => {
    const known = processNames.find((one) => one === name);
    if (known === undefined) invalid(`The process name ${name} is not a valid process name.`);
    return known;
  });
}

function suspend(scaling: AutoScaling, input: ScalingProcessQuery): Record<string, never> {
  const group = groupNamed(scaling, input.AutoScalingGroupName);
  const reason = `User suspended at ${scaling.kernel.clock.now().toISOString()}`;
  for (const name of processesOf(input)) group.suspended.set(name, reason);
  return {};
}

/** Resuming Launch launches at once what is missing, also after failures held launches back (facts §1.5). */
function resume(scaling: AutoScaling, input: ScalingProcessQuery): Record<string, never> {
  const group = groupNamed(scaling, input.AutoScalingGroupName);
  const processes = processesOf(input);
  for (const name of processes) group.suspended.delete(name);
  if (processes.includes('Launch'))
    Object.assign(group.launches, { failures: 0, failingSince: undefined, notBefore: 0 });
  scaling.wake(group);
  return {};
}

/** Suspension of a group's processes. */
export function processOperations(scaling: AutoScaling): Operations<AutoScalingClient> {
  return {
    suspendProcesses: (input) => suspend(scaling, input),
    resumeProcesses: (input) => resume(scaling, input),
  };
}
