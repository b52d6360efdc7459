import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe } from '../statements.ts';

/** Sizes of pools' groups are set outside the VPC; nothing here ends an instance but the drains that are started. */
export function scalingPermissions(scope: Scope): Permissions {
  const { ours, poolGroup, readsObjects, registry } = scope;
  const setsSizes = [
    describe('autoscaling', 'AutoScalingGroups'),
    allow(['autoscaling:SetDesiredCapacity'], [poolGroup], ours),
  ];
  const seesDrains = allow(['states:DescribeExecution'], [scope.execution]);
  return {
    'plan-person-sizes': [
      ...registry(),
      describe('autoscaling', 'AutoScalingGroups'),
      ...readsObjects('clusters/*/observations/workers.json'),
    ],
    'resize-pools': [...registry(), ...setsSizes],
    'verify-scaling': [
      describe('autoscaling', 'AutoScalingGroups', 'ScalingActivities'),
      ...readsObjects('clusters/*/observations/workers.json'),
    ],
    'fall-back-scaling': [...registry('PutItem'), ...setsSizes],
    'start-drains': [allow(['states:StartExecution'], [scope.stateMachine('drain-worker')]), seesDrains],
    'verify-drains': [seesDrains],
  };
}
