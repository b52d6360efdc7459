import { arn } from '../../names.ts';
import type { Permissions } from '../permissions.ts';
import type { Scope } from '../scope.ts';
import { allow, describe, type Statement } from '../statements.ts';

/** Security groups, network interfaces and load balancers. */
export function networkPermissions(scope: Scope): Permissions {
  const { ec2, makesTagged, ours } = scope;
  return {
    'ensure-security-groups': [
      ...scope.registry(),
      describe('ec2', 'SecurityGroups', 'Vpcs'),
      allow(['ec2:CreateSecurityGroup'], [ec2('security-group')], makesTagged),
      allow(['ec2:CreateSecurityGroup'], [scope.vpc]),
      ...scope.tags('security-group', 'CreateSecurityGroup'),
      allow(
        ['ec2:AuthorizeSecurityGroupIngress', 'ec2:RevokeSecurityGroupIngress'],
        [ec2('security-group')],
        ours,
      ),
    ],
    'ensure-network-interface': [
      ...scope.registry('UpdateItem'),
      describe('ec2', 'NetworkInterfaces'),
      allow(['ec2:CreateNetworkInterface'], [ec2('network-interface')], makesTagged),
      allow(['ec2:CreateNetworkInterface'], [ec2('security-group')], ours),
      allow(['ec2:CreateNetworkInterface'], [ec2('subnet')], { ArnEquals: { 'ec2:Vpc': scope.vpc } }),
      ...scope.tags('network-interface', 'CreateNetworkInterface'),
      allow(['ec2:ModifyNetworkInterfaceAttribute'], [ec2('network-interface'), ec2('security-group')], ours),
    ],
    'ensure-load-balancer': loadBalancers(scope),
  };
}

/** What Elastic Load Balancing has of a deployment, by its names. */
export function elasticLoadBalancing(deployment: string) {
  return {
    loadBalancer: arn('elasticloadbalancing', `loadbalancer/net/${deployment}-*/*`),
    listener: arn('elasticloadbalancing', `listener/net/${deployment}-*/*/*`),
    targetGroup: arn('elasticloadbalancing', `targetgroup/${deployment}-*/*`),
    elb: (...actions: string[]) => actions.map((action) => `elasticloadbalancing:${action}`),
  };
}

function loadBalancers(scope: Scope): readonly Statement[] {
  const { elb, listener, loadBalancer, targetGroup } = elasticLoadBalancing(scope.deployment);
  return [
    ...scope.registry('UpdateItem'),
    describe('elasticloadbalancing', 'LoadBalancers', 'LoadBalancerAttributes', 'Listeners', 'Tags'),
    describe('elasticloadbalancing', 'TargetGroups', 'TargetGroupAttributes', 'TargetHealth'),
    // Elastic Load Balancing looks at the network with its caller's permissions.
    describe('ec2', 'Subnets', 'SecurityGroups', 'Vpcs', 'AvailabilityZones', 'InternetGateways'),
    describe('ec2', 'AccountAttributes'),
    allow(elb('CreateLoadBalancer', 'CreateTargetGroup'), [loadBalancer, targetGroup], scope.makesTagged),
    allow(elb('CreateListener'), [loadBalancer], scope.ours),
    // Also asked for by the calls that make something with tags, when there is no tag to ask for yet.
    allow(elb('AddTags'), [loadBalancer, listener, targetGroup]),
    allow(elb('ModifyLoadBalancerAttributes'), [loadBalancer], scope.ours),
    allow(elb('ModifyTargetGroupAttributes', 'RegisterTargets'), [targetGroup], scope.ours),
    scope.makesServiceLinkedRole('elasticloadbalancing.amazonaws.com'),
  ];
}
