import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe, type Statement } from '../statements.ts';

/** What a slot's instance is made of: volume, role, launch template, Auto Scaling group. */
export function nodePermissions(scope: Scope): Permissions {
  const { ec2, makesTagged, ours } = scope;
  return {
    'ensure-volume': [
      ...scope.writesRegistry,
      describe('ec2', 'Volumes', 'VolumesModifications'),
      allow(['ec2:CreateVolume'], [ec2('volume')], { ...makesTagged, Bool: { 'ec2:Encrypted': 'true' } }),
      scope.tagWhileMaking('volume', 'CreateVolume'),
      allow(['ec2:ModifyVolume'], [ec2('volume')], ours),
      ...scope.usesKeyForVolumes,
    ],
    'ensure-node-role': nodeRoles(scope),
    'ensure-launch-template': [
      ...scope.writesRegistry,
      ...scope.writesObjects('clusters/*/slots/*/files/*', 'clusters/*/slots/*/manifests/*'),
      describe('ec2', 'LaunchTemplates', 'LaunchTemplateVersions', 'Images'),
      ...scope.readsImageParameters,
      allow(['ec2:CreateLaunchTemplate'], [ec2('launch-template')], makesTagged),
      scope.tagWhileMaking('launch-template', 'CreateLaunchTemplate'),
      allow(['ec2:CreateLaunchTemplateVersion', 'ec2:ModifyLaunchTemplate'], [ec2('launch-template')], ours),
    ],
    'ensure-slot-group': [
      ...scope.readsRegistry,
      describe('autoscaling', 'AutoScalingGroups', 'LifecycleHooks'),
      allow(['autoscaling:CreateAutoScalingGroup'], [scope.slotGroup], makesTagged),
      allow(['autoscaling:UpdateAutoScalingGroup', 'autoscaling:PutLifecycleHook'], [scope.slotGroup], ours),
      allow(['autoscaling:CreateOrUpdateTags'], [scope.slotGroup]),
      // Auto Scaling asks whether its caller could launch what the template says (aws-etcd-kubeadm-facts §1.5).
      ...launchesSlots(scope),
      scope.makesServiceLinkedRole('autoscaling.amazonaws.com'),
    ],
  };
}

/** Roles of nodes only: below the deployment's path, and never without the boundary. */
function nodeRoles(scope: Scope): readonly Statement[] {
  return [
    ...scope.readsRegistry,
    allow(['iam:CreateRole', 'iam:PutRolePolicy'], [scope.nodeRole], {
      StringEquals: { 'iam:PermissionsBoundary': scope.nodeBoundaryArn },
    }),
    allow(['iam:GetRole', 'iam:GetRolePolicy', 'iam:TagRole'], [scope.nodeRole]),
    allow(['iam:CreateInstanceProfile', 'iam:GetInstanceProfile'], [scope.nodeProfile]),
    allow(['iam:AddRoleToInstanceProfile', 'iam:TagInstanceProfile'], [scope.nodeProfile]),
    scope.passesNodeRole,
  ];
}

/** RunInstances only through a launch template of ours, with interfaces, groups and roles of ours. */
function launchesSlots({ anyImage, ec2, makesTagged, ours, passesNodeRole, launchTemplate }: Scope) {
  return [
    allow(
      ['ec2:RunInstances'],
      [ec2('launch-template'), ec2('network-interface'), ec2('security-group')],
      ours,
    ),
    allow(['ec2:RunInstances'], [ec2('instance'), ec2('volume'), ec2('subnet'), anyImage], {
      ArnLike: { 'ec2:LaunchTemplate': launchTemplate },
      Bool: { 'ec2:IsLaunchTemplateResource': 'true' },
    }),
    allow(['ec2:CreateTags'], [ec2('instance'), ec2('volume')], {
      StringEquals: { 'ec2:CreateAction': 'RunInstances', ...makesTagged.StringEquals },
    }),
    passesNodeRole,
  ];
}
