import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe } from '../statements.ts';
import { seesWorkerHealth } from './repair.ts';

/**
 * The sweep reads everything, starts workflows and nudges groups; of a slot it changes the instance type alone (ADR 6), and of a cluster's
 * record which hung node it has replaced (ADR 17). It keeps what repairs of workers remember (ADR 19).
 */
export function sweepPermissions(scope: Scope): Permissions {
  return {
    sweep: [
      ...scope.registry('PutItem', 'UpdateItem'),
      describe('autoscaling', 'AutoScalingGroups', 'ScalingActivities'),
      describe('ec2', 'Instances', 'NetworkInterfaces', 'LaunchTemplates', 'LaunchTemplateVersions'),
      ...seesWorkerHealth(scope),
      describe('ec2', 'InstanceTypes'),
      allow(
        ['autoscaling:SuspendProcesses', 'autoscaling:ResumeProcesses', 'autoscaling:SetInstanceHealth'],
        [scope.slotGroup],
        scope.ours,
      ),
      allow(['ec2:CreateLaunchTemplateVersion'], [scope.ec2('launch-template')], scope.ours),
      allow(['autoscaling:UpdateAutoScalingGroup'], [scope.slotGroup], scope.ours),
      ...scope.launchesSlots,
      allow(
        ['states:StartExecution'],
        [
          'replace-etcd-member',
          'replace-control-plane-node',
          'join-worker',
          'drain-worker',
          'repair-worker',
          'scale-workers',
        ].map(scope.stateMachine),
      ),
      allow(['states:DescribeExecution'], [scope.execution]),
    ],
    'watch-etcd': [...scope.registry('PutItem', 'UpdateItem'), ...scope.readsEtcdClientCertificate],
    'watch-kubernetes': [
      ...scope.registry('PutItem'),
      ...scope.readsObjects('clusters/*/pki/kubernetes-admin/*', 'clusters/*/slots/*/reports/*'),
    ],
    'watch-workers': [
      ...scope.registry(),
      ...scope.readsObjects('clusters/*/pki/kubernetes-admin/*'),
      ...scope.writesObjects('clusters/*/observations/workers.json', 'clusters/*/observations/demand.json'),
    ],
    'watch-demand': [
      ...scope.registry('PutItem'),
      ...scope.readsObjects('clusters/*/pki/kubernetes-admin/*', 'clusters/*/observations/demand.json'),
      ...scope.writesObjects('clusters/*/observations/demand-change.json'),
    ],
  };
}
