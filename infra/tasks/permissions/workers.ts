import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe } from '../statements.ts';
import { makesNodeRoles } from './nodes.ts';

/** Pools are made outside the VPC, workers are admitted from within it; each effect is on what is the deployment's own. */
export function workerPermissions(scope: Scope): Permissions {
  const { ec2, makesTagged, ours, poolGroup, registry } = scope;
  const asAdministrator = 'clusters/*/pki/kubernetes-admin/*';
  const completesLaunch = allow(['autoscaling:CompleteLifecycleAction'], [poolGroup], ours);
  return {
    'ensure-worker-role': makesNodeRoles(scope),
    'ensure-pool-template': [
      ...registry(),
      ...scope.writesObjects('clusters/*/pools/*/files/*', 'clusters/*/pools/*/manifests/*'),
      describe('ec2', 'LaunchTemplates', 'LaunchTemplateVersions'),
      allow(['ec2:CreateLaunchTemplate'], [ec2('launch-template')], makesTagged),
      allow(['ec2:CreateLaunchTemplateVersion'], [ec2('launch-template')], ours),
      ...scope.tags('launch-template', 'CreateLaunchTemplate'),
    ],
    'ensure-pool-groups': [
      ...registry(),
      describe('ec2', 'Subnets'),
      describe('autoscaling', 'AutoScalingGroups', 'LifecycleHooks'),
      allow(['autoscaling:CreateAutoScalingGroup'], [poolGroup], makesTagged),
      allow(['autoscaling:UpdateAutoScalingGroup', 'autoscaling:PutLifecycleHook'], [poolGroup], ours),
      // Also asked for by CreateAutoScalingGroup, when there is no tag to ask for yet.
      allow(['autoscaling:CreateOrUpdateTags'], [poolGroup]),
      ...scope.launchesWorkers,
      scope.makesServiceLinkedRole('autoscaling.amazonaws.com'),
      scope.makesServiceLinkedRole('spot.amazonaws.com'),
    ],
    'observe-worker': [
      describe('autoscaling', 'AutoScalingGroups'),
      describe('ec2', 'Instances'),
      allow(['iam:GetRole', 'iam:GetRolePolicy'], [scope.nodeRole]),
      ...scope.readsObjects('clusters/*/workers/*/report'),
    ],
    'judge-worker': [...registry(), ...scope.readsObjects(asAdministrator)],
    'admit-worker': [
      ...registry(),
      ...scope.readsObjects(asAdministrator),
      ...scope.writesObjects('clusters/*/workers/*/join'),
    ],
    'approve-worker': [...registry(), ...scope.readsObjects(asAdministrator)],
    'revoke-worker-token': [...registry(), ...scope.readsObjects(asAdministrator)],
    'complete-worker': [completesLaunch],
    'abandon-worker': [
      completesLaunch,
      allow(['ec2:GetConsoleOutput'], [ec2('instance')], ours),
      ...scope.writesObjects('clusters/*/workers/*/console.log'),
    ],
  };
}
