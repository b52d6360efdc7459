import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe, type Statement } from '../statements.ts';

/** What a look at workers' health needs beyond the registry and their groups. */
export function seesWorkerHealth(scope: Scope): Statement[] {
  return [describe('ec2', 'InstanceStatus'), ...scope.readsObjects('clusters/*/observations/workers.json')];
}

/** Workers are repaired through their pools' groups alone, outside the VPC; no task here reaches a node. */
export function repairPermissions(scope: Scope): Permissions {
  const { ours, poolGroup, registry } = scope;
  const describesGroups = describe('autoscaling', 'AutoScalingGroups');
  return {
    'judge-repair': [...registry(), describesGroups, ...seesWorkerHealth(scope)],
    'begin-repair': registry('PutItem'),
    'raise-pool': [
      ...registry('PutItem'),
      describesGroups,
      allow(['autoscaling:SetDesiredCapacity'], [poolGroup], ours),
    ],
    'terminate-worker': [
      ...registry('PutItem'),
      describe('autoscaling', 'AutoScalingGroups', 'AutoScalingInstances'),
      allow(['autoscaling:TerminateInstanceInAutoScalingGroup'], [poolGroup], ours),
    ],
    'finish-repair': registry('PutItem'),
  };
}
