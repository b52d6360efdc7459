import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe } from '../statements.ts';

/** The sweep reads everything, starts workflows and nudges groups; it changes nothing by itself. */
export function sweepPermissions(scope: Scope): Permissions {
  return {
    sweep: [
      ...scope.registry(),
      describe('autoscaling', 'AutoScalingGroups'),
      describe('ec2', 'Instances', 'NetworkInterfaces'),
      allow(
        ['autoscaling:SuspendProcesses', 'autoscaling:ResumeProcesses', 'autoscaling:SetInstanceHealth'],
        [scope.slotGroup],
        scope.ours,
      ),
      allow(['states:StartExecution'], [scope.stateMachine('replace-etcd-member')]),
      allow(['states:DescribeExecution'], [scope.execution]),
    ],
    'watch-etcd': [...scope.registry('PutItem', 'UpdateItem'), ...scope.readsEtcdClientCertificate],
  };
}
