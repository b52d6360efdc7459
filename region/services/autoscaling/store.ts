import type { Kernel, Principal } from '../../kernel/kernel.ts';
import { refuse } from '../common/request.ts';
import type { Group, Member } from './group.ts';

/** What the operations share: the groups, and the way to have one looked at. */
export interface AutoScaling {
  readonly kernel: Kernel;
  readonly groups: Map<string, Group>;
  /** Looks at a group at once, instead of at its next interval. */
  wake(group: Group): void;
}

/** Auto Scaling calls EC2 as itself. */
export const autoscalingPrincipal: Principal = { kind: 'service', arn: 'autoscaling.amazonaws.com' };

/** @throws AwsError ValidationError, in Auto Scaling's words */
export function invalid(message: string): never {
  refuse('ValidationError', message);
}

/** The group of this name. @throws AwsError ValidationError */
export function groupNamed({ groups }: AutoScaling, name: string | undefined): Group {
  const group = name === undefined ? undefined : groups.get(name);
  if (group === undefined) invalid(`AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
  return group;
}

/** The member with this instance, in any group. @throws AwsError ValidationError */
export function memberOf(
  { groups }: AutoScaling,
  instanceId: string | undefined,
): { group: Group; member: Member } {
  for (const group of groups.values()) {
    const member = group.members.get(instanceId ?? '');
    if (member !== undefined) return { group, member };
  }
  invalid(`Instance Id not found - No managed instance found for instance ID: ${instanceId}`);
}
