import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe } from '../statements.ts';

/** What is judged is read; of a slot only its group is changed, and its instance ends through that alone. */
export function replacementPermissions(scope: Scope): Permissions {
  const { ours, registry, slotGroup } = scope;
  const describesGroups = describe('autoscaling', 'AutoScalingGroups');
  return {
    'observe-replacement': [
      ...registry(),
      describesGroups,
      describe('ec2', 'Instances', 'Volumes', 'NetworkInterfaces'),
      allow(['states:DescribeExecution'], [scope.execution]),
    ],
    'judge-replacement': [
      ...registry(),
      ...scope.readsEtcdClientCertificate,
      ...scope.readsObjects('clusters/*/pki/kubernetes-admin/*', 'clusters/*/slots/*/reports/*'),
    ],
    'suspend-launch': [
      ...registry(),
      describesGroups,
      allow(['autoscaling:SuspendProcesses'], [slotGroup], ours),
    ],
    'move-leader': [...registry(), ...scope.readsEtcdClientCertificate],
    'terminate-node': [
      ...registry(),
      describe('autoscaling', 'AutoScalingGroups', 'AutoScalingInstances'),
      allow(['autoscaling:TerminateInstanceInAutoScalingGroup'], [slotGroup], ours),
    ],
    'resume-launch': [
      ...registry(),
      describesGroups,
      allow(['autoscaling:ResumeProcesses'], [slotGroup], ours),
    ],
  };
}
