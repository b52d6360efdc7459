import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { describe } from '../statements.ts';

/** Planning reads; recording writes the registry; certificates lie in the bucket alone. */
export function clusterPermissions(scope: Scope): Permissions {
  return {
    'plan-cluster': [
      ...scope.readsRegistry,
      describe('ec2', 'AvailabilityZones', 'Subnets', 'InstanceTypeOfferings', 'InstanceTypes', 'Images'),
      describe('ec2', 'SecurityGroups', 'NetworkInterfaces', 'Volumes', 'LaunchTemplates', 'Vpcs'),
      describe('ec2', 'LaunchTemplateVersions'),
      describe('autoscaling', 'AutoScalingGroups'),
      describe('elasticloadbalancing', 'LoadBalancers', 'TargetGroups', 'Listeners', 'TargetHealth', 'Tags'),
      ...scope.readsImageParameters,
    ],
    'record-cluster': scope.writesRegistry,
    'ensure-certificates': [
      ...scope.readsRegistry,
      ...scope.writesObjects('clusters/*/pki/*', 'clusters/*/slots/*/pki/*'),
    ],
    'finish-provisioning': scope.writesRegistry,
    'record-failure': scope.writesRegistry,
  };
}
