import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe, type Statement } from '../statements.ts';

/** What a slot's instance is made of: volume, role, launch template, Auto Scaling group. */
export function nodePermissions(scope: Scope): Permissions {
  const { ec2, makesTagged, ours } = scope;
  return {
    'ensure-volume': [
      ...scope.registry('UpdateItem'),
      describe('ec2', 'Volumes'),
      allow(['ec2:CreateVolume'], [ec2('volume')], { ...makesTagged, Bool: { 'ec2:Encrypted': 'true' } }),
      ...scope.tags('volume', 'CreateVolume'),
      allow(['ec2:ModifyVolume'], [ec2('volume')], ours),
      ...scope.usesKeyForVolumes,
    ],
    'ensure-node-role': makesNodeRoles(scope),
    'ensure-launch-template': [
      ...scope.registry(),
      ...scope.writesObjects('clusters/*/slots/*/files/*', 'clusters/*/slots/*/manifests/*'),
      describe('ec2', 'LaunchTemplates', 'LaunchTemplateVersions'),
      allow(['ec2:CreateLaunchTemplate'], [ec2('launch-template')], makesTagged),
      allow(['ec2:CreateLaunchTemplateVersion'], [ec2('launch-template')], ours),
      ...scope.tags('launch-template', 'CreateLaunchTemplate'),
    ],
    'ensure-slot-group': [
      ...scope.registry(),
      describe('autoscaling', 'AutoScalingGroups', 'LifecycleHooks'),
      allow(['autoscaling:CreateAutoScalingGroup'], [scope.slotGroup], makesTagged),
      allow(['autoscaling:UpdateAutoScalingGroup', 'autoscaling:PutLifecycleHook'], [scope.slotGroup], ours),
      // Also asked for by CreateAutoScalingGroup, when there is no tag to ask for yet.
      allow(['autoscaling:CreateOrUpdateTags'], [scope.slotGroup]),
      ...scope.launchesSlots,
      scope.makesServiceLinkedRole('autoscaling.amazonaws.com'),
    ],
  };
}

/** Roles of nodes only: below the deployment's path, and never without the boundary. */
export function makesNodeRoles(scope: Scope): readonly Statement[] {
  return [
    ...scope.registry(),
    allow(['iam:CreateRole', 'iam:PutRolePolicy'], [scope.nodeRole], {
      StringEquals: { 'iam:PermissionsBoundary': scope.nodeBoundaryArn },
    }),
    allow(['iam:GetRole', 'iam:GetRolePolicy', 'iam:TagRole'], [scope.nodeRole]),
    allow(['iam:CreateInstanceProfile', 'iam:GetInstanceProfile'], [scope.nodeProfile]),
    allow(['iam:AddRoleToInstanceProfile', 'iam:TagInstanceProfile'], [scope.nodeProfile]),
    scope.passesNodeRole,
  ];
}
