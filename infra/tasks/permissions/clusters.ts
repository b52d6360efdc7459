import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe } from '../statements.ts';

/** Planning reads; recording writes the registry; certificates lie in the bucket alone. */
export function clusterPermissions(scope: Scope): Permissions {
  return {
    'plan-cluster': [
      ...scope.registry(),
      describe('ec2', 'Vpcs', 'Subnets', 'SecurityGroups', 'NetworkInterfaces', 'Volumes'),
      describe('ec2', 'LaunchTemplates', 'LaunchTemplateVersions'),
      describe('autoscaling', 'AutoScalingGroups', 'LifecycleHooks'),
      describe('elasticloadbalancing', 'LoadBalancers', 'LoadBalancerAttributes', 'Listeners', 'Tags'),
      describe('elasticloadbalancing', 'TargetGroups', 'TargetGroupAttributes', 'TargetHealth'),
      allow(['iam:GetRole', 'iam:GetRolePolicy'], [scope.nodeRole]),
      allow(['iam:GetInstanceProfile'], [scope.nodeProfile]),
      allow(['iam:GetOpenIDConnectProvider'], [scope.issuerProvider]),
      ...scope.readsIssuers,
      ...scope.readsObjects('clusters/*/pki/service-account.pub'),
      scope.readsImageParameters,
    ],
    'record-cluster': scope.registry('PutItem', 'UpdateItem'),
    'ensure-certificates': [
      ...scope.registry(),
      ...scope.writesObjects('clusters/*/pki/*', 'clusters/*/slots/*/pki/*'),
      // The load balancer's addresses, which the API servers' certificates say.
      describe('ec2', 'NetworkInterfaces'),
    ],
    // The one task beside ensure-certificates that reads an authority's key, and that one alone.
    'issue-kubeconfig': [
      ...scope.registry(),
      ...scope.readsObjects('clusters/*/pki/kubernetes-ca.crt', 'clusters/*/pki/private/kubernetes-ca.key'),
    ],
    'finish-provisioning': scope.registry('UpdateItem'),
    'record-failure': scope.registry('UpdateItem'),
  };
}
