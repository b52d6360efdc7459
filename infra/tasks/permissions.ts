import { arn } from '../names.ts';
import { scopeOf, type TaskResources } from './scope.ts';
import { allow, describe, type Statement } from './statements.ts';

/**
 * What each task may do beyond writing its own log: task → statements. A task that is not here may do nothing.
 */
export function permissions(resources: TaskResources): Readonly<Record<string, readonly Statement[]>> {
  const { deployment, nodeBoundaryArn, vpcId } = resources;
  const scope = scopeOf(resources);
  const { ours, makesTagged, readsRegistry, writesRegistry, readsObjects, writesObjects, tagWhileMaking } =
    scope;
  const boundToNodes = { StringEquals: { 'iam:PermissionsBoundary': nodeBoundaryArn } };
  const ec2 = (type: string) => arn('ec2', `${type}/*`);
  const elb = (resource: string) => arn('elasticloadbalancing', resource);
  const etcdClientCertificates = 'clusters/*/pki/etcd-client/*';

  return {
    'plan-cluster': [
      ...readsRegistry,
      describe('ec2', 'AvailabilityZones', 'Subnets', 'InstanceTypeOfferings', 'InstanceTypes', 'Images'),
      describe(
        'ec2',
        'SecurityGroups',
        'NetworkInterfaces',
        'Volumes',
        'LaunchTemplates',
        'LaunchTemplateVersions',
      ),
      describe('ec2', 'Vpcs'),
      describe('autoscaling', 'AutoScalingGroups'),
      describe('elasticloadbalancing', 'LoadBalancers', 'TargetGroups', 'Listeners', 'TargetHealth', 'Tags'),
      ...scope.readsImageParameters,
    ],
    'acquire-lease': [...writesRegistry, allow(['states:DescribeExecution'], [scope.execution])],
    'release-lease': writesRegistry,
    'record-cluster': writesRegistry,
    'ensure-certificates': [
      ...readsRegistry,
      ...writesObjects('clusters/*/pki/*', 'clusters/*/slots/*/pki/*'),
    ],
    'ensure-security-groups': [
      ...readsRegistry,
      describe('ec2', 'SecurityGroups', 'SecurityGroupRules'),
      allow(['ec2:CreateSecurityGroup'], [ec2('security-group')], makesTagged),
      allow(['ec2:CreateSecurityGroup'], [arn('ec2', `vpc/${vpcId}`)]),
      tagWhileMaking('security-group', 'CreateSecurityGroup'),
      allow(
        [
          'ec2:AuthorizeSecurityGroupIngress',
          'ec2:AuthorizeSecurityGroupEgress',
          'ec2:RevokeSecurityGroupIngress',
          'ec2:RevokeSecurityGroupEgress',
        ],
        [ec2('security-group')],
        ours,
      ),
    ],
    'ensure-network-interface': [
      ...writesRegistry,
      describe('ec2', 'NetworkInterfaces', 'Subnets'),
      allow(['ec2:CreateNetworkInterface'], [ec2('network-interface')], makesTagged),
      allow(['ec2:CreateNetworkInterface'], [ec2('security-group')], ours),
      allow(['ec2:CreateNetworkInterface'], [ec2('subnet')], {
        ArnEquals: { 'ec2:Vpc': arn('ec2', `vpc/${vpcId}`) },
      }),
      tagWhileMaking('network-interface', 'CreateNetworkInterface'),
      allow(['ec2:ModifyNetworkInterfaceAttribute'], [ec2('network-interface'), ec2('security-group')], ours),
    ],
    'ensure-volume': [
      ...writesRegistry,
      describe('ec2', 'Volumes', 'VolumesModifications'),
      allow(['ec2:CreateVolume'], [ec2('volume')], {
        ...makesTagged,
        Bool: { 'ec2:Encrypted': 'true' },
      }),
      tagWhileMaking('volume', 'CreateVolume'),
      allow(['ec2:ModifyVolume'], [ec2('volume')], ours),
      ...scope.usesKeyForVolumes,
    ],
    'ensure-load-balancer': [
      ...writesRegistry,
      describe('elasticloadbalancing', 'LoadBalancers', 'LoadBalancerAttributes', 'Listeners', 'Tags'),
      describe('elasticloadbalancing', 'TargetGroups', 'TargetGroupAttributes', 'TargetHealth'),
      describe(
        'ec2',
        'Subnets',
        'SecurityGroups',
        'Vpcs',
        'AvailabilityZones',
        'InternetGateways',
        'AccountAttributes',
      ),
      allow(
        ['elasticloadbalancing:CreateLoadBalancer', 'elasticloadbalancing:CreateTargetGroup'],
        [elb(`loadbalancer/net/${deployment}-*/*`), elb(`targetgroup/${deployment}-*/*`)],
        makesTagged,
      ),
      allow(
        [
          'elasticloadbalancing:AddTags',
          'elasticloadbalancing:CreateListener',
          'elasticloadbalancing:ModifyListener',
          'elasticloadbalancing:ModifyLoadBalancerAttributes',
          'elasticloadbalancing:SetSecurityGroups',
          'elasticloadbalancing:SetSubnets',
          'elasticloadbalancing:ModifyTargetGroup',
          'elasticloadbalancing:ModifyTargetGroupAttributes',
          'elasticloadbalancing:RegisterTargets',
          'elasticloadbalancing:DeregisterTargets',
        ],
        [
          elb(`loadbalancer/net/${deployment}-*/*`),
          elb(`listener/net/${deployment}-*/*/*`),
          elb(`targetgroup/${deployment}-*/*`),
        ],
      ),
      scope.makesServiceLinkedRole('elasticloadbalancing.amazonaws.com'),
    ],
    'ensure-node-role': [
      ...readsRegistry,
      allow(['iam:CreateRole', 'iam:PutRolePolicy'], [scope.nodeRole], boundToNodes),
      allow(['iam:GetRole', 'iam:GetRolePolicy', 'iam:TagRole'], [scope.nodeRole]),
      allow(
        [
          'iam:CreateInstanceProfile',
          'iam:GetInstanceProfile',
          'iam:AddRoleToInstanceProfile',
          'iam:TagInstanceProfile',
        ],
        [scope.nodeProfile],
      ),
      allow(['iam:PassRole'], [scope.nodeRole], {
        StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' },
      }),
    ],
    'ensure-launch-template': [
      ...writesRegistry,
      ...writesObjects('clusters/*/slots/*/files/*', 'clusters/*/slots/*/manifests/*'),
      describe('ec2', 'LaunchTemplates', 'LaunchTemplateVersions', 'Images'),
      ...scope.readsImageParameters,
      allow(['ec2:CreateLaunchTemplate'], [ec2('launch-template')], makesTagged),
      tagWhileMaking('launch-template', 'CreateLaunchTemplate'),
      allow(['ec2:CreateLaunchTemplateVersion', 'ec2:ModifyLaunchTemplate'], [ec2('launch-template')], ours),
    ],
    'ensure-slot-group': [
      ...readsRegistry,
      describe('autoscaling', 'AutoScalingGroups', 'LifecycleHooks', 'Tags'),
      allow(['autoscaling:CreateAutoScalingGroup'], [scope.slotGroup], makesTagged),
      allow(
        [
          'autoscaling:UpdateAutoScalingGroup',
          'autoscaling:PutLifecycleHook',
          'autoscaling:CreateOrUpdateTags',
        ],
        [scope.slotGroup],
        ours,
      ),
      // Auto Scaling asks whether its caller could launch what the template says (aws-etcd-kubeadm-facts §1.5).
      ...launchesSlots(resources),
      scope.makesServiceLinkedRole('autoscaling.amazonaws.com'),
    ],
    'observe-slot': [
      ...readsRegistry,
      describe(
        'autoscaling',
        'AutoScalingGroups',
        'AutoScalingInstances',
        'LifecycleHooks',
        'ScalingActivities',
      ),
      describe('ec2', 'Instances', 'InstanceStatus', 'Volumes', 'VolumeStatus', 'NetworkInterfaces'),
      ...readsObjects('clusters/*/slots/*/reports/*', 'clusters/*/slots/*/directives/*'),
    ],
    'judge-slot': [...readsRegistry, ...readsObjects(etcdClientCertificates)],
    'direct-slot': [
      ...writesRegistry,
      describe('ec2', 'Instances', 'Volumes'),
      allow(['ec2:AttachVolume'], [ec2('volume'), ec2('instance')], ours),
      ...scope.usesKeyForVolumes,
      ...writesObjects('clusters/*/slots/*/directives/*'),
    ],
    'hold-slot': [...writesRegistry, allow(['autoscaling:CompleteLifecycleAction'], [scope.slotGroup], ours)],
    'verify-etcd': [...readsRegistry, ...readsObjects(etcdClientCertificates)],
    'complete-launch': [
      ...readsRegistry,
      allow(['autoscaling:CompleteLifecycleAction'], [scope.slotGroup], ours),
    ],
    'record-slot': writesRegistry,
    'finish-provisioning': writesRegistry,
    'record-failure': writesRegistry,
    sweep: [
      ...writesRegistry,
      describe('autoscaling', 'AutoScalingGroups', 'AutoScalingInstances', 'ScalingActivities'),
      describe('ec2', 'Instances', 'InstanceStatus', 'Volumes', 'NetworkInterfaces'),
      allow(['autoscaling:SuspendProcesses', 'autoscaling:ResumeProcesses'], [scope.slotGroup], ours),
      allow(['states:StartExecution', 'states:ListExecutions'], [scope.stateMachine('replace-etcd-member')]),
      allow(['states:DescribeExecution'], [scope.execution]),
      ...readsObjects('clusters/*/slots/*/reports/*'),
    ],
    'watch-etcd': [...writesRegistry, ...readsObjects(etcdClientCertificates)],
  };
}

/** RunInstances only through one of our launch templates, with our interfaces, volumes and roles. */
function launchesSlots(resources: TaskResources): readonly Statement[] {
  const scope = scopeOf(resources);
  const { makesTagged, nodeRole, ours } = scope;
  const throughTemplate = {
    ArnLike: { 'ec2:LaunchTemplate': arn('ec2', 'launch-template/*') },
    Bool: { 'ec2:IsLaunchTemplateResource': 'true' },
  };
  const ec2 = (type: string) => arn('ec2', `${type}/*`);
  return [
    allow(
      ['ec2:RunInstances'],
      [ec2('launch-template'), ec2('network-interface'), ec2('security-group')],
      ours,
    ),
    allow(
      ['ec2:RunInstances'],
      [ec2('instance'), ec2('volume'), ec2('subnet'), scope.anyImage],
      throughTemplate,
    ),
    allow(['ec2:CreateTags'], [ec2('instance'), ec2('volume')], {
      StringEquals: { 'ec2:CreateAction': 'RunInstances', ...makesTagged.StringEquals },
    }),
    allow(['iam:PassRole'], [nodeRole], { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } }),
  ];
}
