import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe } from '../statements.ts';

/** Sizes of pools' groups are set outside the VPC; nothing here ends an instance. */
export function scalingPermissions({ ours, poolGroup, readsObjects, registry }: Scope): Permissions {
  const setsSizes = [
    describe('autoscaling', 'AutoScalingGroups'),
    allow(['autoscaling:SetDesiredCapacity'], [poolGroup], ours),
  ];
  return {
    'resize-pools': [...registry(), ...setsSizes],
    'verify-scaling': [
      describe('autoscaling', 'AutoScalingGroups', 'ScalingActivities'),
      ...readsObjects('clusters/*/observations/workers.json'),
    ],
    'fall-back-scaling': [...registry('PutItem'), ...setsSizes],
  };
}
