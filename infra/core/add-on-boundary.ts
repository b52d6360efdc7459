import { Aws } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { arn, iamArn } from '../names.ts';

/**
 * The most that an add-on of any cluster may ever be allowed (functions/identity/add-on-policies.ts says what each is). A role for an
 * add-on without this boundary Trivet may not make. What belongs to a slot is outside it, however a role's own policy is written.
 */
export class AddOnBoundary extends Construct {
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: { name: string; key: IKey }) {
    super(scope, id);
    const { name, key } = props;
    const statements = [look(), ...balance(), ...attach(), ...encrypt(key), keepOffSlots()];
    this.policy = new ManagedPolicy(this, 'Policy', {
      // IAM knows no regions: without the region in its name, a second deployment's policy would clash.
      managedPolicyName: `${name}-add-on-boundary-${Aws.REGION}`,
      path: `/${name}/`,
      description: 'The most that an add-on of a cluster may be allowed',
      statements,
    });
    acknowledgeWildcards(
      this.policy,
      statements.filter(({ effect }) => effect === Effect.ALLOW).flatMap(({ resources }) => resources),
      "A boundary over the roles of all clusters; each add-on's role is limited to its own cluster by tags",
    );
  }
}

function look(): PolicyStatement {
  const describe = (service: string, ...subjects: string[]) =>
    subjects.map((subject) => `${service}:Describe${subject}`);
  return new PolicyStatement({
    sid: 'Look',
    actions: [
      ...describe('autoscaling', 'AutoScalingGroups', 'Tags'),
      ...describe('ec2', 'AccountAttributes', 'AvailabilityZones', 'Instances', 'InstanceTopology'),
      ...describe('ec2', 'InstanceTypes', 'InternetGateways', 'NetworkInterfaces', 'Regions', 'RouteTables'),
      ...describe('ec2', 'SecurityGroups', 'Snapshots', 'Subnets', 'Tags', 'Vpcs'),
      ...describe('ec2', 'Volumes', 'VolumesModifications', 'VolumeStatus'),
      ...describe('elasticloadbalancing', 'LoadBalancers', 'LoadBalancerAttributes', 'LoadBalancerPolicies'),
      ...describe('elasticloadbalancing', 'Listeners', 'Tags'),
      ...describe('elasticloadbalancing', 'TargetGroups', 'TargetGroupAttributes', 'TargetHealth'),
    ],
    resources: ['*'],
  });
}

/** For Services of type LoadBalancer. */
function balance(): PolicyStatement[] {
  const writes = [
    'AddTags',
    'ApplySecurityGroupsToLoadBalancer',
    'AttachLoadBalancerToSubnets',
    'ConfigureHealthCheck',
    'CreateListener',
    'CreateLoadBalancer',
    'CreateLoadBalancerListeners',
    'CreateLoadBalancerPolicy',
    'CreateTargetGroup',
    'DeleteListener',
    'DeleteLoadBalancer',
    'DeleteLoadBalancerListeners',
    'DeleteTargetGroup',
    'DeregisterInstancesFromLoadBalancer',
    'DeregisterTargets',
    'DetachLoadBalancerFromSubnets',
    'ModifyListener',
    'ModifyLoadBalancerAttributes',
    'ModifyTargetGroup',
    'ModifyTargetGroupAttributes',
    'RegisterInstancesWithLoadBalancer',
    'RegisterTargets',
    'SetLoadBalancerPoliciesForBackendServer',
    'SetLoadBalancerPoliciesOfListener',
  ];
  const service = 'elasticloadbalancing.amazonaws.com';
  return [
    new PolicyStatement({
      sid: 'Balance',
      actions: writes.map((call) => `elasticloadbalancing:${call}`),
      resources: [arn('elasticloadbalancing', '*')],
    }),
    new PolicyStatement({
      sid: 'FirstLoadBalancer',
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [iamArn(`role/aws-service-role/${service}/*`)],
      conditions: { StringEquals: { 'iam:AWSServiceName': service } },
    }),
  ];
}

/** Security groups, volumes, snapshots, interfaces and addresses. */
function attach(): PolicyStatement[] {
  const ec2 = (sid: string, types: readonly string[], ...calls: string[]) =>
    new PolicyStatement({
      sid,
      actions: calls.map((call) => `ec2:${call}`),
      resources: types.map((type) => arn('ec2', `${type}/*`)),
    });
  return [
    ec2(
      'Groups',
      ['security-group', 'vpc'],
      'AuthorizeSecurityGroupIngress',
      'CreateSecurityGroup',
      'DeleteSecurityGroup',
      'RevokeSecurityGroupIngress',
    ),
    ec2(
      'Volumes',
      ['volume', 'instance'],
      'AttachVolume',
      'CreateSnapshot',
      'CreateVolume',
      'DeleteVolume',
      'DetachVolume',
      'ModifyVolume',
    ),
    new PolicyStatement({
      sid: 'Snapshots',
      actions: ['ec2:CreateSnapshot', 'ec2:CreateTags', 'ec2:CreateVolume', 'ec2:DeleteSnapshot'],
      // Snapshots' ARNs name no account.
      resources: [`arn:${Aws.PARTITION}:ec2:${Aws.REGION}::snapshot/*`],
    }),
    ec2(
      'Interfaces',
      ['network-interface', 'instance', 'subnet', 'security-group'],
      'AssignPrivateIpAddresses',
      'AttachNetworkInterface',
      'CreateNetworkInterface',
      'DeleteNetworkInterface',
      'DetachNetworkInterface',
      'ModifyNetworkInterfaceAttribute',
      'UnassignPrivateIpAddresses',
    ),
    ec2('Tags', ['security-group', 'volume', 'network-interface'], 'CreateTags'),
  ];
}

/** By the deployment's key, and through EC2 alone. */
function encrypt({ keyArn }: IKey): PolicyStatement[] {
  const throughEc2 = { 'kms:ViaService': `ec2.${Aws.REGION}.amazonaws.com` };
  const calls = ['Decrypt', 'DescribeKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo'];
  return [
    new PolicyStatement({
      sid: 'Encrypt',
      actions: calls.map((call) => `kms:${call}`),
      resources: [keyArn],
      conditions: { StringEquals: throughEc2 },
    }),
    new PolicyStatement({
      sid: 'LetEbsEncrypt',
      actions: ['kms:CreateGrant'],
      resources: [keyArn],
      conditions: { StringEquals: throughEc2, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }),
  ];
}

/** A slot's volume and interface are the member itself (ADR 5); addresses beside the slot's own a CNI may give its interface. */
function keepOffSlots(): PolicyStatement {
  return new PolicyStatement({
    sid: 'KeepOffSlots',
    effect: Effect.DENY,
    actions: [
      'ec2:AttachVolume',
      'ec2:CreateTags',
      'ec2:DeleteNetworkInterface',
      'ec2:DeleteVolume',
      'ec2:DetachNetworkInterface',
      'ec2:DetachVolume',
      'ec2:ModifyNetworkInterfaceAttribute',
      'ec2:ModifyVolume',
    ],
    resources: [arn('ec2', 'volume/*'), arn('ec2', 'network-interface/*')],
    conditions: { Null: { 'aws:ResourceTag/trivet:slot': 'false' } },
  });
}
