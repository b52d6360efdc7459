import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe } from '../statements.ts';

/** A drain is told about outside the VPC and done from within it; each effect is on groups that are the deployment's own. */
export function drainPermissions(scope: Scope): Permissions {
  const { ours, poolGroup, registry } = scope;
  const onGroups = (...actions: string[]) =>
    allow(
      actions.map((action) => `autoscaling:${action}`),
      [poolGroup],
      ours,
    );
  const asAdministrator = scope.readsObjects('clusters/*/pki/kubernetes-admin/*');
  return {
    'observe-drain': [
      ...registry(),
      describe('autoscaling', 'AutoScalingGroups'),
      describe('ec2', 'Instances'),
    ],
    'evict-pods': [...registry(), ...asAdministrator],
    'heartbeat-drain': [onGroups('RecordLifecycleActionHeartbeat')],
    'finish-drain': [
      describe('autoscaling', 'AutoScalingInstances'),
      onGroups('CompleteLifecycleAction', 'TerminateInstanceInAutoScalingGroup'),
    ],
    'uncordon-node': [...registry(), ...asAdministrator],
  };
}
