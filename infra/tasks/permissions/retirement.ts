import { bucketArn, issuersBucketArn } from '../../names.ts';
import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe, type Statement } from '../statements.ts';
import { elasticLoadBalancing } from './network.ts';

/** One task for each kind of thing, which may delete that kind and nothing else, and only what has the deployment's tag or name. */
export function retirementPermissions(scope: Scope): Permissions {
  const { ours, registry } = scope;
  const { elb, loadBalancer, targetGroup } = elasticLoadBalancing(scope.deployment);
  const groups = [scope.slotGroup, scope.poolGroup];
  return {
    'observe-retirement': [
      ...looks(scope),
      // What may still be at work for a cluster is any of the deployment's workflows.
      allow(['states:ListExecutions'], [scope.stateMachine('*')]),
      allow(['states:DescribeExecution'], [scope.execution]),
    ],
    'verify-retirement': looks(scope),
    'begin-retirement': registry('UpdateItem'),
    'delete-groups': [
      ...registry(),
      describe('autoscaling', 'AutoScalingGroups'),
      allow(['autoscaling:UpdateAutoScalingGroup', 'autoscaling:DeleteAutoScalingGroup'], groups, ours),
    ],
    'delete-load-balancers': [
      ...registry(),
      describe('elasticloadbalancing', 'LoadBalancers', 'Tags'),
      allow(elb('ModifyLoadBalancerAttributes', 'DeleteLoadBalancer'), [loadBalancer], ours),
    ],
    'delete-target-groups': [
      ...registry(),
      describe('elasticloadbalancing', 'TargetGroups', 'Tags'),
      allow(elb('DeleteTargetGroup'), [targetGroup], ours),
    ],
    ...deletesInEc2(scope),
    'delete-roles': [
      ...registry(),
      ...readsIdentities(scope),
      allow(['iam:ListRolePolicies', 'iam:ListAttachedRolePolicies'], [scope.nodeRole]),
      allow(['iam:DeleteRole', 'iam:DeleteRolePolicy', 'iam:DetachRolePolicy'], [scope.nodeRole], ours),
      allow(['iam:DeleteInstanceProfile', 'iam:RemoveRoleFromInstanceProfile'], [scope.nodeProfile], ours),
    ],
    'delete-identity-providers': [
      ...registry(),
      allow(['iam:GetOpenIDConnectProvider'], [scope.issuerProvider]),
      allow(['iam:DeleteOpenIDConnectProvider'], [scope.issuerProvider], ours),
    ],
    'delete-objects': [
      ...registry(),
      ...listsVersions(scope),
      allow(
        ['s3:DeleteObjectVersion'],
        [
          bucketArn(scope.deployment, 'clusters/*'),
          issuersBucketArn(scope.deployment, '*/.well-known/openid-configuration'),
          issuersBucketArn(scope.deployment, '*/openid/v1/jwks'),
        ],
      ),
    ],
    'forget-cluster': registry('DeleteItem'),
  };
}

/** Everything that reads what a cluster has, and what it has no more. */
function looks(scope: Scope): readonly Statement[] {
  return [
    ...scope.registry(),
    describe('autoscaling', 'AutoScalingGroups'),
    describe('ec2', 'Instances', 'LaunchTemplates', 'NetworkInterfaces', 'SecurityGroups', 'Volumes'),
    describe('elasticloadbalancing', 'LoadBalancers', 'TargetGroups', 'Tags'),
    ...readsIdentities(scope),
    allow(['iam:GetOpenIDConnectProvider'], [scope.issuerProvider]),
    ...listsVersions(scope),
  ];
}

/** Roles and profiles are listed by the cluster's path, which is below the deployment's. */
function readsIdentities({ nodeProfile, nodeRole }: Scope): readonly Statement[] {
  return [
    allow(['iam:ListRoles', 'iam:GetRole'], [nodeRole]),
    allow(['iam:ListInstanceProfiles', 'iam:GetInstanceProfile'], [nodeProfile]),
  ];
}

function listsVersions({ deployment }: Scope): readonly Statement[] {
  return [
    allow(['s3:ListBucketVersions'], [bucketArn(deployment)], {
      StringLike: { 's3:prefix': 'clusters/*/' },
    }),
    allow(['s3:ListBucketVersions'], [issuersBucketArn(deployment)]),
  ];
}

function deletesInEc2({ ec2, ours, registry }: Scope): Permissions {
  const deletes = (subject: string, resource: string, ...actions: string[]) => [
    ...registry(),
    describe('ec2', subject),
    allow(
      actions.map((action) => `ec2:${action}`),
      [ec2(resource)],
      ours,
    ),
  ];
  return {
    'terminate-instances': deletes('Instances', 'instance', 'TerminateInstances'),
    'delete-launch-templates': deletes('LaunchTemplates', 'launch-template', 'DeleteLaunchTemplate'),
    'delete-network-interfaces': deletes('NetworkInterfaces', 'network-interface', 'DeleteNetworkInterface'),
    'delete-volumes': deletes('Volumes', 'volume', 'DeleteVolume'),
    'keep-volumes': deletes('Volumes', 'volume', 'CreateTags', 'DeleteTags'),
    'delete-security-groups': [
      // Whoever has a group is looked at before it is deleted.
      describe('ec2', 'NetworkInterfaces'),
      ...deletes('SecurityGroups', 'security-group', 'RevokeSecurityGroupIngress', 'DeleteSecurityGroup'),
    ],
  };
}
